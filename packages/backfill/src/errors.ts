import { OptionError } from "@fleet/options";

import { longestPauseMs } from "./longest-pause.ts";

/** An option has a value that cannot work; the message prints it. */
export class InvalidOptionError extends OptionError {
  /**
   * @retry no
   * @remedy Correct the option that the message names.
   */
  readonly code = "FLEET_BACKFILL_INVALID_OPTION";
}

/** There is a run of this name and it is another one; the message says in what. Nothing was changed. */
export class RunMismatchError extends Error {
  override readonly name = "RunMismatchError";
  /**
   * @retry no
   * @remedy Choose another name for the run, or `purge()` the old run.
   */
  readonly code = "FLEET_BACKFILL_MISMATCH";
  readonly run: string;

  constructor(run: string, differs: string) {
    super(`there is a run ${JSON.stringify(run)} already, and it is another one: ${differs}`);
    this.run = run;
  }
}

/**
 * The run was begun under another protocol than this version of the package has: it reads and writes other keys and fields.
 * Nothing was changed.
 */
export class ProtocolMismatchError extends Error {
  override readonly name = "ProtocolMismatchError";
  /**
   * @retry no
   * @remedy Finish or purge the run with the version of the package that began it, or choose another name for the run.
   */
  readonly code = "FLEET_BACKFILL_PROTOCOL_MISMATCH";
  readonly run: string;
  /** The protocol of the run, as it stands in Redis. */
  readonly found: string;
  /** The protocol of this version of the package. */
  readonly spoken: string;

  constructor(run: string, found: string, spoken: string) {
    const which = Number(found) > Number(spoken) ? "a newer" : "an older";
    super(
      `run ${JSON.stringify(run)} has protocol ${found}, this version of @fleet/backfill has protocol ${spoken}: ` +
        `finish or purge the run with ${which} version, the one that began it, or take another name`,
    );
    this.run = run;
    this.found = found;
    this.spoken = spoken;
  }
}

/** There is no run of this name, and no source was given to create it. */
export class RunNotFoundError extends Error {
  override readonly name = "RunNotFoundError";
  /**
   * @retry no
   * @remedy Correct the name, or give a `source` to create the run.
   */
  readonly code = "FLEET_BACKFILL_NOT_FOUND";
  readonly run: string;

  constructor(run: string) {
    super(`there is no run ${JSON.stringify(run)}; a source is needed to create it`);
    this.run = run;
  }
}

/** What Redis holds is not what this worker has seen before: data was lost, replaced, or restored from an old copy. */
export class EpochError extends Error {
  override readonly name = "EpochError";
  /**
   * @retry no
   * @remedy Find out what happened to the data (a flush, a purge, a restore, another server). A new start accepts the
   *   data that Redis holds now.
   */
  readonly code = "FLEET_BACKFILL_EPOCH";
  readonly run: string;

  constructor(run: string, detail: string) {
    super(`run ${JSON.stringify(run)}: ${detail}`);
    this.run = run;
  }
}

/** Redis may throw the run's keys away when its memory is full. */
export class EvictionError extends Error {
  override readonly name = "EvictionError";
  /**
   * @retry no
   * @remedy Set `maxmemory-policy noeviction` in Redis, or give `allowEviction`.
   */
  readonly code = "FLEET_BACKFILL_EVICTION";
  readonly policy: string;

  constructor(policy: string) {
    super(
      `maxmemory-policy is ${policy}: Redis would throw progress away when its memory is full; ` +
        "set it to noeviction, or allow it with allowEviction",
    );
    this.policy = policy;
  }
}

/** Redis does not answer (`UNREACHABLE`) or refuses what the engine asks (`REFUSED`, its text is in the message). */
export class RedisError extends Error {
  override readonly name = "RedisError";
  /**
   * @code FLEET_BACKFILL_REDIS_UNREACHABLE Redis does not answer.
   * @retry yes, when Redis answers again
   * @remedy Check the address and the server. A worker never throws this: it waits for Redis.
   * @code FLEET_BACKFILL_REDIS_REFUSED Redis refuses a command for good: no right, a key of another type, or a
   *   version that is too old. The message has the text of Redis.
   * @retry no
   * @remedy Give the user the rights, or the server the version, that the message asks for.
   */
  readonly code: "FLEET_BACKFILL_REDIS_UNREACHABLE" | "FLEET_BACKFILL_REDIS_REFUSED";

  constructor(what: "unreachable" | "refused", detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.code = what === "unreachable" ? "FLEET_BACKFILL_REDIS_UNREACHABLE" : "FLEET_BACKFILL_REDIS_REFUSED";
  }
}

/** A call to the hub or the sink did not end in time. */
export class CallTimeoutError extends Error {
  override readonly name = "CallTimeoutError";
  /**
   * @retry the worker retries by itself
   * @remedy Raise `fetchTimeoutMs` or `writeTimeoutMs`, or find out why the hub or the sink is slow.
   */
  readonly code = "FLEET_BACKFILL_CALL_TIMEOUT";
  readonly call: "fetch" | "write";

  constructor(call: "fetch" | "write", timeoutMs: number) {
    super(`${call} did not end within ${timeoutMs} ms`);
    this.call = call;
  }
}

/** The question makes no sense for this source: a stream or a list has no known set of ids. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  /**
   * @retry no
   * @remedy Verify runs over a range or a list of ids.
   */
  readonly code = "FLEET_BACKFILL_UNSUPPORTED";
}

/** The backfill or the worker is closed, or the worker runs already. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
  /**
   * @retry no
   * @remedy Create a new backfill or worker: each starts once.
   */
  readonly code = "FLEET_BACKFILL_CLOSED";
}

/**
 * For a `fetch` to throw: the hub asks for a pause (429 with Retry-After). All workers wait, and no attempt is burnt
 * unless others are answered and this id is asked to wait again.
 */
export class LimitedError extends Error {
  override readonly name = "LimitedError";
  /**
   * @retry the worker retries by itself, after `retryAfterMs`
   * @remedy Throw it from `fetch` when the hub answers 429.
   */
  readonly code = "FLEET_BACKFILL_LIMITED";
  readonly retryAfterMs: number;

  /**
   * @param retryAfterMs milliseconds; an hour is the most that is waited, also for Infinity.
   * @throws InvalidOptionError for NaN, a negative number and what is no number.
   */
  constructor(retryAfterMs: number, message?: string) {
    if (!(typeof retryAfterMs === "number" && retryAfterMs >= 0))
      throw new InvalidOptionError(
        "retryAfterMs",
        "milliseconds of at least 0",
        typeof retryAfterMs === "number" ? String(retryAfterMs) : `a ${typeof retryAfterMs}`,
      );
    const boundMs = Math.min(retryAfterMs, longestPauseMs);
    super(message ?? `asked to come back after ${boundMs} ms`);
    this.retryAfterMs = boundMs;
  }
}

/**
 * For a `fetch` or a `write` to throw: the hub or the sink is away, which says nothing about the id. No attempt is burnt,
 * until that has happened `awayAttempts` times to the same id or others get through meanwhile. A property `isAway: true` on
 * an error of one's own means the same.
 */
export class AwayError extends Error {
  override readonly name = "AwayError";
  /**
   * @retry the worker retries by itself
   * @remedy Throw it from `fetch` or `write` when the hub or the sink is away.
   */
  readonly code = "FLEET_BACKFILL_AWAY";
  readonly isAway = true;
}

/** For a `fetch` or a `write` to throw: trying again is of no use, the id becomes a dead letter at once. */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
  /**
   * @retry no
   * @remedy Throw it from `fetch` or `write` when the id can never succeed.
   */
  readonly code = "FLEET_BACKFILL_PERMANENT";
}
