/**
 * Why a command is refused.
 *
 * `unknown`: not in the table; `connection-state`: would change a connection that others share; `transaction`: MULTI and its kin;
 * `pubsub`; `blocking`: would hold a shared connection; `administration`: belongs to the operator of the server;
 * `keyspace`: sees or changes keys of all projects; `scripting`: a script can name any key; `transfer`: moves or forges data
 * across databases and servers; `hidden-keys`: names keys where their positions cannot be known.
 */
export type RefusalReason =
  | "unknown"
  | "connection-state"
  | "transaction"
  | "pubsub"
  | "blocking"
  | "administration"
  | "keyspace"
  | "scripting"
  | "transfer"
  | "hidden-keys";

const ownConnection = "it needs a connection of its own, which run() of a fleet leases outside of namespaces";

/** Why, and what does the same where something does. */
const explained: Readonly<Record<RefusalReason, string>> = {
  unknown: "it is in no table, so its keys are not known",
  "connection-state": ownConnection,
  transaction: `an atomic batch is one transaction, in a namespace too; for WATCH ${ownConnection}`,
  pubsub: `${ownConnection}; in a namespace PUBLISH sends, and a stream (XADD, XREAD) keeps messages`,
  blocking: `${ownConnection}; in a namespace ask again and again without blocking (LPOP, LMOVE, ZPOPMIN, XREAD without BLOCK)`,
  administration: "it belongs to the operator of the server",
  keyspace: "it sees or changes the keys of all projects",
  scripting: "a script may name any key; a namespace grants scripts where the server checks each user's keys",
  transfer: "it moves or forges data; within a key space COPY and RENAME move keys",
  "hidden-keys":
    "it names keys by pattern; BY nosort and GET # are allowed, and MGET and HGET get what a pattern would",
};

/** What about a command is refused. */
export interface RefusalFacts {
  /** The option that is refused, where the command itself is not. @default undefined */
  readonly option?: string;
  /** Whether the owner of the whole instance may use it. @default false */
  readonly forOwner?: boolean;
}

/** The command is well formed and will never be run in this namespace. */
export class CommandNotAllowedError extends Error {
  override readonly name = "CommandNotAllowedError";
  /**
   * @retry no
   * @remedy Use the command that the message suggests, or a token without a project. `reason` says why the command is
   *   refused.
   */
  readonly code = "FLEET_ISOLATION_COMMAND_NOT_ALLOWED";
  readonly outcome = "not-sent";
  /** The command, and for a container its subcommand; upper case, at most 64 characters. */
  readonly command: string;
  readonly reason: RefusalReason;
  /** The option that is refused, where the command itself is not. */
  readonly option: string | undefined;

  constructor(command: string, reason: RefusalReason, { option, forOwner = false }: RefusalFacts = {}) {
    const what = option === undefined ? command : `${command} with ${option}`;
    const owner = forOwner ? "; the owner of an instance may use it" : "";
    super(`${what} is not allowed here (${reason}): ${explained[reason]}${owner}`);
    this.command = command;
    this.reason = reason;
    this.option = option;
  }
}

/** A command on the whole key space of a project would take more work than one call may. */
export class TooManyKeysError extends Error {
  override readonly name = "TooManyKeysError";
  /**
   * @retry no
   * @remedy Use SCAN, which takes the same work in steps.
   */
  readonly code = "FLEET_ISOLATION_TOO_MANY_KEYS";
  readonly outcome = "replied";
  readonly command: string;

  constructor(command: string) {
    super(`${command} would take more work than one call may: use SCAN, which takes it in steps`);
    this.command = command;
  }
}

/** FLUSHDB has done the work that one call may do, and there is more. */
export class UnfinishedError extends Error {
  override readonly name = "UnfinishedError";
  /**
   * @retry with `CURSOR` and the cursor that the message names
   * @remedy Call again until the answer is OK.
   */
  readonly code = "FLEET_ISOLATION_UNFINISHED";
  readonly outcome = "replied";
  readonly command: string;
  readonly removed: number;
  readonly cursor: string;

  constructor(command: string, removed: number, cursor: string) {
    super(
      `${command} has removed ${removed} keys and is not done: go on with ${command} CURSOR ${cursor} until it answers OK`,
    );
    this.command = command;
    this.removed = removed;
    this.cursor = cursor;
  }
}

/** What is wrong with a malformed command: its name, one argument's type, their number, or their order. */
export type InvalidCommandReason = "name" | "argument" | "arity" | "syntax";

/** The command is malformed; no server has seen it. */
export class InvalidCommandError extends TypeError {
  override readonly name = "InvalidCommandError";
  /**
   * @retry no
   * @remedy Correct the command: `reason` is `name`, `argument` (neither text nor bytes), `arity` or `syntax`.
   */
  readonly code = "FLEET_ISOLATION_INVALID_COMMAND";
  readonly outcome = "not-sent";
  readonly reason: InvalidCommandReason;

  constructor(message: string, reason: InvalidCommandReason) {
    super(message);
    this.reason = reason;
  }
}

/** The project's id does not match the pattern. The id itself is not repeated: it may be anything. */
export class InvalidProjectError extends RangeError {
  override readonly name = "InvalidProjectError";
  /**
   * @retry no
   * @remedy Correct the id of the project.
   */
  readonly code = "FLEET_ISOLATION_INVALID_PROJECT";
}

/** An option of a namespace cannot be used. */
export class InvalidOptionError extends RangeError {
  override readonly name = "InvalidOptionError";
  /**
   * @retry no
   * @remedy Correct the option that the message names.
   */
  readonly code = "FLEET_ISOLATION_INVALID_OPTION";
  readonly outcome = "not-sent";
  readonly option: string;

  constructor(option: string, expected: string, got: unknown) {
    super(
      `${option} must be ${expected}, got ${typeof got === "string" ? JSON.stringify(got) : String(got)}`,
    );
    this.option = option;
  }
}

/** A reply names a key outside the namespace, or none where one must be: it answers something else and is not handed out. */
export class ForeignKeyError extends Error {
  override readonly name = "ForeignKeyError";
  /**
   * @retry no
   * @remedy Withhold the reply and destroy the connection; report it as a defect.
   */
  readonly code = "FLEET_ISOLATION_FOREIGN_KEY";
  /** The reply is that of another command. */
  readonly outcome = "unknown";

  constructor() {
    super("the reply does not belong to this namespace and was withheld");
  }
}

/** The server would call it a syntax error, or would read it in more than one way. */
export function syntaxError(name: string): InvalidCommandError {
  return new InvalidCommandError(`the arguments of ${name} cannot be read in one certain way`, "syntax");
}
