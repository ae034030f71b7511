/** What Redis takes as one argument: text (sent as UTF-8) or bytes. */
export type Argument = string | Buffer;

/** A command as the caller gives it: its name, then flat arguments. */
export type Command = readonly [name: string, ...args: Argument[]];

/** Whether a command may change anything. What is not known to be a pure read is a write. */
export type Access = "read" | "write";

/** The lane of a pool that a command needs: `bulk` for what takes long or answers much. Commands that bind or block a connection are refused. */
export type Lane = "shared" | "bulk";

/** What a command may cost the server, or answer. */
export type Cost = "light" | "heavy";

/** A reply in the shapes of RESP2; an error stands in its place in an array. */
export type Reply = string | number | bigint | Buffer | null | Error | readonly Reply[];

/**
 * What a command comes to that the server has for its whole key space only: yields commands to send together, over one connection,
 * and takes their replies in that order, text as bytes; returns the reply to the caller's command, names of keys without the prefix.
 *
 * It reads one endpoint: the cursors of SCAN count there only. What it throws is for the caller.
 */
export type Program = Generator<readonly Command[], Reply, readonly Reply[]>;

/** A command that may be sent: keys prefixed, everything else as the caller gave it. */
export interface ScopedCommand {
  /**
   * What to send. In a dedicated namespace this is the caller's own array, not a copy. With a `program` it is a command that does no
   * harm and answers nothing of use: the program is to be run instead.
   */
  readonly command: Command;
  /** Begins a program that is to be run instead of `command`. */
  readonly program?: () => Program;
  /**
   * Whose connection it needs where the server knows a user for each project: that of the fleet itself, as the server cannot see
   * what is safe of it. Absent: the project's.
   */
  readonly as?: "fleet";
  readonly access: Access;
  readonly lane: Lane;
  /** What is heavy goes over the bulk lane. @default "light" */
  readonly cost?: Cost;
  /**
   * The reply as the caller may see it: key names without the prefix, everything else unchanged (the same object).
   *
   * @throws ForeignKeyError when a key name in the reply does not belong to this namespace, or is missing.
   */
  readonly restore: <R extends Reply>(reply: R) => R;
}
