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

/** What does the same, where something does. */
const insteadOf: Readonly<Partial<Record<RefusalReason, string>>> = {
  blocking: `${ownConnection}; in a namespace ask again and again without blocking (LPOP, LMOVE, ZPOPMIN, XREAD without BLOCK)`,
  pubsub: `${ownConnection}; in a namespace a stream (XADD, XREAD) carries messages`,
  transaction: `an atomic batch is one transaction, in a namespace too; for WATCH ${ownConnection}`,
  "connection-state": ownConnection,
};

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

  constructor(command: string, reason: RefusalReason) {
    const instead = insteadOf[reason];
    super(`${command} is not allowed here (${reason})${instead === undefined ? "" : `: ${instead}`}`);
    this.command = command;
    this.reason = reason;
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
