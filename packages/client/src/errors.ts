import { OptionError } from "@fleet/options";

/**
 * The fleet is closed, or is being closed. `not-sent`: the call came too late. `unknown`: it was a `run()` whose work was not done when
 * the grace of `close()` was over; its connection was destroyed.
 */
export class FleetClosedError extends Error {
  override readonly name = "FleetClosedError";
  /**
   * @retry `not-sent`: on another fleet; `unknown`: only if the work may run twice
   * @remedy Call before `close()`, or give `graceMs` enough time for the work.
   */
  readonly code = "FLEET_CLIENT_CLOSED";
  readonly outcome: "not-sent" | "unknown";

  constructor(outcome: "not-sent" | "unknown" = "not-sent") {
    super(outcome === "not-sent" ? "the fleet is closed" : "the fleet was closed before the work was done");
    this.outcome = outcome;
  }
}

/**
 * No instance or group of this name is known, but a source has not handed over its instances yet: the name may be right. Nothing was
 * sent.
 */
export class StartingError extends Error {
  override readonly name = "StartingError";
  /**
   * @retry after `retryAfterMs`
   * @remedy Wait for `fleet.started`, or leave `waitsForSources` at true.
   */
  readonly code = "FLEET_CLIENT_STARTING";
  readonly outcome = "not-sent";
  readonly retryAfterMs = 1000;

  constructor(unknown: Error) {
    super(`${unknown.message} yet: a source has not handed over its instances`, { cause: unknown });
  }
}

/**
 * The time of a `run()` was up. Its connection was destroyed, so whatever the work was still waiting for has an unknown outcome.
 * (A `command()` or `batch()` that runs out of time is ended by its lane: `FLEET_POOL_COMMAND_TIMEOUT`.)
 */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  /**
   * @retry only if the work may run twice
   * @remedy Give the work more `timeoutMs`, or wait in shorter steps. Where `unanswered` is above 0 the server was
   *   slow or hung.
   */
  readonly code = "FLEET_CLIENT_DEADLINE";
  readonly outcome = "unknown";
  readonly instance: string;
  readonly timeoutMs: number;
  /** Commands that the server had not answered, other than such that may block: it is slow or hangs. With 0 it was the work. */
  readonly unanswered: number;

  constructor(instance: string, timeoutMs: number, unanswered: number) {
    super(
      `the work on ${instance} was not done after ${timeoutMs} ms (${unanswered} commands unanswered); its connection was destroyed`,
    );
    this.instance = instance;
    this.timeoutMs = timeoutMs;
    this.unanswered = unanswered;
  }
}

/** A batch was ended after some of its commands had been executed, and before others were sent. `cause` says by what. */
export class InterruptedBatchError extends Error {
  override readonly name = "InterruptedBatchError";
  /**
   * @retry only if the commands may run twice
   * @remedy Read what the commands have written. A command on the whole key space of a project, amid others that write, is better
   *   sent by itself.
   */
  readonly code = "FLEET_CLIENT_INTERRUPTED";
  readonly outcome = "unknown";

  constructor(cause: Error) {
    super(`some commands of the batch were executed, then: ${cause.message}`, { cause });
  }
}

/** What ends a batch after a part of it was answered, as an error that does not say that nothing was sent. */
export function interrupted(call: { readonly isFinal: boolean }, error: unknown): unknown {
  return call.isFinal && error instanceof Error && (error as { outcome?: unknown }).outcome === "not-sent"
    ? new InterruptedBatchError(error)
    : error;
}

/** An instance refers to a secret, and the fleet has no resolver for it. It is never dialed without the secret. Nothing was sent. */
export class MissingCredentialsError extends Error {
  override readonly name = "MissingCredentialsError";
  /**
   * @retry no
   * @remedy Give `createFleet()` the option that `option` names.
   */
  readonly code = "FLEET_CLIENT_CREDENTIALS";
  readonly outcome = "not-sent";
  readonly instance: string;
  /** The option of `createFleet()` that is missing. */
  readonly option: "credentials" | "certificates";

  constructor(instance: string, option: "credentials" | "certificates") {
    const what = option === "credentials" ? "credentials" : "a Secret of certificates";
    super(`${instance} refers to ${what}: createFleet() needs the option "${option}", which resolves them`);
    this.instance = instance;
    this.option = option;
  }
}

/** An option, or a setting of one call, cannot be used. The message names it and prints the bad value. */
export class InvalidOptionError extends OptionError {
  /**
   * @retry no
   * @remedy Correct the option that the message names.
   */
  readonly code = "FLEET_CLIENT_INVALID_OPTION";
  readonly outcome = "not-sent";
}
