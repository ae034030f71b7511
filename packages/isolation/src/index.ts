export { declaredCommands } from "./declared-commands.ts";
export {
  CommandNotAllowedError,
  ForeignKeyError,
  InvalidCommandError,
  InvalidOptionError,
  InvalidProjectError,
  TooManyKeysError,
  UnfinishedError,
} from "./errors.ts";
export { costOf } from "./cost.ts";
export { Namespace } from "./namespace.ts";
export { unchanged } from "./restore.ts";
export type { Access, Argument, Command, Cost, Lane, Program, Reply, ScopedCommand } from "./command.ts";
export type { DeclaredCommands } from "./declared-commands.ts";
export type { InvalidCommandReason, RefusalFacts, RefusalReason } from "./errors.ts";
export type { DedicatedOptions, ProjectOptions } from "./namespace.ts";
