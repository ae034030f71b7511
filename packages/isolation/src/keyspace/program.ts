import type { Command, Program } from "../command.ts";
import type { Prefix } from "./prefix.ts";

/** What a command on the whole key space is in a project. */
export interface Emulation {
  /**
   * Reads the command's arguments, and answers what begins its program.
   *
   * @throws InvalidCommandError when the server would call it a syntax error.
   */
  readonly inProject: (prefix: Prefix, command: Command) => () => Program;
  /** The same for the owner of the instance, where the server lacks what the arguments ask for; else undefined. @default undefined */
  readonly forOwner?: (command: Command) => (() => Program) | undefined;
}

/** The most that one step asks the server to walk: about half a millisecond of its time. */
export const stepCount = 1000;

/** The most steps of one call. */
export const maxSteps = 1000;
