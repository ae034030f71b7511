export {
  CommandNotAllowedError,
  ForeignKeyError,
  InvalidCommandError,
  InvalidProjectError,
} from "./errors.ts";
export { Namespace } from "./namespace.ts";
export { unchanged } from "./restore.ts";
export type { Access, Argument, Command, Cost, Lane, Reply, ScopedCommand } from "./command.ts";
export type { InvalidCommandReason, RefusalReason } from "./errors.ts";
