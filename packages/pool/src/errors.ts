import { OptionError } from "@fleet/options";

import { reasonOfReply, reasonOfSocket } from "./dial-reason.ts";
import type { DialReason } from "./dial-reason.ts";

/** What is known about a command that got no reply: it provably never left, or it may have been executed. */
export type Outcome = "not-sent" | "unknown";

/** An option has a value that cannot work, or there is no such option. */
export class InvalidOptionError extends OptionError {
  /**
   * @retry no
   * @remedy Correct the option that the message names.
   */
  readonly code = "FLEET_POOL_INVALID_OPTION";
  readonly outcome = "not-sent";
}

/** No connection could be made (`not-sent`), or it was lost with the command on it (`unknown`). */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /**
   * @code FLEET_POOL_CONNECT_FAILED No connection could be made; `reason` says why.
   * @outcome not-sent
   * @retry yes, after a pause or on another endpoint
   * @remedy Look at `reason` and correct the address, TLS, or the server.
   * @code FLEET_POOL_CONNECTION_LOST The connection was lost while the command waited for its reply.
   * @retry `not-sent`: yes; `unknown`: only if the command may run twice
   * @remedy Look at the server and the network.
   */
  readonly code: "FLEET_POOL_CONNECT_FAILED" | "FLEET_POOL_CONNECTION_LOST";
  readonly pool: string;
  readonly outcome: Outcome;
  /** Why no connection could be made; undefined where one was lost. */
  readonly reason: DialReason | undefined;

  /**
   * @param cause a plain socket error, if there was one: never an error that carries a command.
   * @param reason of a dial that failed. Default: what the cause says, else that the other side closed.
   */
  constructor(
    pool: string,
    what: "connect" | "lost",
    detail: string,
    outcome: Outcome,
    cause?: unknown,
    reason?: DialReason,
  ) {
    super(`${pool}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = what === "connect" ? "FLEET_POOL_CONNECT_FAILED" : "FLEET_POOL_CONNECTION_LOST";
    this.pool = pool;
    this.outcome = outcome;
    const said = reason ?? reasonOfSocket(cause instanceof Error ? cause : undefined) ?? "closed";
    this.reason = what === "connect" ? said : undefined;
  }
}

/** The server refused the credentials, or wants some and got none. Waiting does not help, new credentials do. */
export class AuthenticationError extends Error {
  override readonly name = "AuthenticationError";
  /**
   * @retry no, until the credentials change
   * @remedy Correct the user, the password, or what `credentials` resolves to; each dial asks for them again.
   */
  readonly code = "FLEET_POOL_AUTHENTICATION";
  readonly outcome = "not-sent";
  readonly pool: string;
  readonly reason: DialReason;

  /**
   * @param detail the server's own text (it repeats no credentials) or what went wrong in getting them.
   * @param reason Default: what that text says.
   */
  constructor(pool: string, detail: string, cause?: unknown, reason: DialReason = reasonOfReply(detail)) {
    super(`${pool}: ${detail}`, cause === undefined ? undefined : { cause });
    this.pool = pool;
    this.reason = reason;
  }
}

/** The deadline of a command passed. `unknown`: it was written and may be executed, its reply will be dropped. */
export class CommandTimeoutError extends Error {
  override readonly name = "CommandTimeoutError";
  /**
   * @retry `not-sent`: yes; `unknown`: only if the command may run twice
   * @remedy Raise the deadline, or find out why the server is slow.
   */
  readonly code = "FLEET_POOL_COMMAND_TIMEOUT";
  readonly pool: string;
  readonly outcome: Outcome;
  readonly waitedMs: number;

  constructor(pool: string, outcome: Outcome, waitedMs: number) {
    super(
      `${pool}: no reply after ${Math.round(waitedMs)} ms, ${outcome === "unknown" ? "the outcome is unknown" : "the command was never sent"}`,
    );
    this.pool = pool;
    this.outcome = outcome;
    this.waitedMs = waitedMs;
  }
}

/** No connection became free in time. `cause` is the last failed dial, when dials have been failing meanwhile. */
export class AcquireTimeoutError extends Error {
  override readonly name = "AcquireTimeoutError";
  /**
   * @retry yes, after a pause
   * @remedy Hold leases for a shorter time, or raise `exclusive.max`. `facts` say how many connections there are and
   *   how many callers wait.
   */
  readonly code = "FLEET_POOL_ACQUIRE_TIMEOUT";
  readonly outcome = "not-sent";
  readonly pool: string;
  readonly waitedMs: number;
  readonly facts: Readonly<Record<string, number>>;

  constructor(pool: string, waitedMs: number, facts: Readonly<Record<string, number>>, cause?: unknown) {
    super(
      `${pool}: no connection became free within ${Math.round(waitedMs)} ms (${list(facts)})`,
      cause === undefined ? undefined : { cause },
    );
    this.pool = pool;
    this.waitedMs = waitedMs;
    this.facts = facts;
  }
}

/** A bound is reached; refused at once rather than queued without end. `facts` say which, and what the connections are doing. */
export class PoolExhaustedError extends Error {
  override readonly name = "PoolExhaustedError";
  /**
   * @retry yes, after a pause
   * @remedy Send less at a time, or raise the bound that the message names. `oldestLeaseStack` says where the oldest
   *   lease was acquired.
   */
  readonly code = "FLEET_POOL_EXHAUSTED";
  readonly outcome = "not-sent";
  readonly pool: string;
  readonly facts: Readonly<Record<string, number>>;
  /** Where the connection that is leased the longest was acquired. */
  readonly oldestLeaseStack: string | undefined;

  constructor(
    pool: string,
    bound: string,
    facts: Readonly<Record<string, number>>,
    oldestLeaseStack?: string,
  ) {
    super(`${pool}: ${bound} reached (${list(facts)})`);
    this.pool = pool;
    this.facts = facts;
    this.oldestLeaseStack = oldestLeaseStack;
  }
}

/** The pool is closed or closing. */
export class PoolClosedError extends Error {
  override readonly name = "PoolClosedError";
  /**
   * @retry no, not on this pool
   * @remedy Call before `close()`.
   */
  readonly code = "FLEET_POOL_CLOSED";
  readonly outcome = "not-sent";
  readonly pool: string;

  constructor(pool: string) {
    super(`${pool}: the pool is closed`);
    this.pool = pool;
  }
}

/** A lease, or something its connection handed out, was used after its release. Nothing was sent. */
export class LeaseReleasedError extends Error {
  override readonly name = "LeaseReleasedError";
  /**
   * @retry no
   * @remedy Do not keep the connection of a lease after its release.
   */
  readonly code = "FLEET_POOL_LEASE_RELEASED";
  readonly outcome = "not-sent";
  readonly pool: string;

  constructor(pool: string) {
    super(`${pool}: this lease is over, its connection may belong to another caller`);
    this.pool = pool;
  }
}

/** The server answered with an error. `message` is its text, verbatim; arguments are in it only where the server repeats them. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
  /**
   * @code FLEET_POOL_REPLY Redis answered with an error. `prefix` is its first word, `command` the name of the
   *   command.
   * @retry no, unless `prefix` says that the state of the server passes (`LOADING`, `BUSY`, `TRYAGAIN`)
   * @remedy Correct the command: the message is the text of Redis.
   * @code FLEET_POOL_MEMORY Redis answered `OOM`: it takes no writes that need memory.
   * @retry when the server has memory again
   * @remedy Free memory, raise `maxmemory`, or set another eviction policy.
   * @code FLEET_POOL_KEY_NOT_FOUND Redis answered `ERR no such key`.
   * @retry no
   * @remedy Check the key; it may have expired.
   */
  readonly code: "FLEET_POOL_REPLY" | "FLEET_POOL_MEMORY" | "FLEET_POOL_KEY_NOT_FOUND";
  readonly outcome = "replied";
  /** The first word, by which Redis distinguishes its errors: `WRONGTYPE`, `OOM`, `ERR`... */
  readonly prefix: string;
  /** Upper-case name of the command that was answered so: `LPUSH`. */
  readonly command: string | undefined;

  /** @param cause of a discarded transaction: the error that discarded it. */
  constructor(message: string, cause?: ReplyError, command?: string) {
    super(message, cause === undefined ? undefined : { cause });
    this.command = command;
    this.prefix = /^[A-Z][A-Z0-9_-]*(?=\s|$)/.exec(message)?.[0] ?? "";
    this.code =
      this.prefix === "OOM"
        ? "FLEET_POOL_MEMORY"
        : /^ERR no such key\b/.test(message)
          ? "FLEET_POOL_KEY_NOT_FOUND"
          : "FLEET_POOL_REPLY";
  }
}

/** The reply is over a limit. The command was executed; what came for it was passed over, and no other reply is concerned. */
export class ReplyTooLargeError extends Error {
  override readonly name = "ReplyTooLargeError";
  /**
   * @retry no
   * @remedy Ask for less at a time (a range, a SCAN), or raise the limit that the message names.
   */
  readonly code = "FLEET_POOL_REPLY_TOO_LARGE";
  readonly outcome = "replied";
  readonly pool: string;
  /** Upper-case name of the command. */
  readonly command: string;

  /** @param limit what it is over, as in `maxReplyBytes 33554432`. */
  constructor(pool: string, command: string, limit: string) {
    super(`${pool}: the reply to ${command} is over ${limit}`);
    this.pool = pool;
    this.command = command;
  }
}

/** ioredis did not send the command, for a reason that it gives: a connection that subscribes takes no other commands. */
export class CommandRefusedError extends Error {
  override readonly name = "CommandRefusedError";
  /**
   * @retry no
   * @remedy Use another lease: a connection that subscribes takes no other commands.
   */
  readonly code = "FLEET_POOL_COMMAND_REFUSED";
  readonly outcome = "not-sent";
  readonly pool: string;
  /** Upper-case name. */
  readonly command: string;

  constructor(pool: string, command: string, detail: string) {
    super(`${pool}: ${command} was not sent: ${detail}`);
    this.pool = pool;
    this.command = command;
  }
}

/** The command changes or blocks the connection it runs on, so it cannot run on one that is shared. */
export class WrongLaneError extends Error {
  override readonly name = "WrongLaneError";
  /**
   * @retry no, not on the shared lane
   * @remedy Acquire a lease from the exclusive lane, or use `run()` of a fleet. In a pipeline only the slot of the
   *   command is refused.
   */
  readonly code = "FLEET_POOL_WRONG_LANE";
  readonly outcome = "not-sent";
  readonly command: string;

  /** @param why what it would do to the other callers of the connection. */
  constructor(command: string, why = "it binds the connection it runs on") {
    super(
      `${command} cannot run on a shared connection: ${why}; acquire one from the exclusive lane, or use run() of a fleet`,
    );
    this.command = command;
  }
}

function list(facts: Readonly<Record<string, number>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${Math.round(value)}`)
    .join(", ");
}
