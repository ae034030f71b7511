import { commandTable, type Entry } from "./command-table.ts";
import type { Argument, Command } from "./command.ts";
import { type DeclaredCommands, declaredIn } from "./declared-commands.ts";
import { CommandNotAllowedError, InvalidCommandError } from "./errors.ts";
import { textOf } from "./keyword.ts";

/**
 * The entry of a well-formed command: text and bytes only, a name of the table or declared by the server, as many arguments as it takes.
 *
 * @throws InvalidCommandError when it is malformed.
 * @throws CommandNotAllowedError when its name is in no table.
 */
export function decide(command: Command, declared?: DeclaredCommands): Entry {
  if (!Array.isArray(command)) throw new InvalidCommandError("a command is an array", "argument");
  const name: unknown = command[0];
  if (typeof name !== "string") throw new InvalidCommandError("a command's name is text", "name");
  let entry = commandTable.get(name) ?? find(name, declared);
  // By index and not by iterator, so that holes in the array are seen too.
  for (let index = 1; index < command.length; index += 1) {
    const argument: unknown = command[index];
    if (typeof argument !== "string" && !Buffer.isBuffer(argument))
      throw new InvalidCommandError(
        `argument ${index} of ${entry.name} is neither text nor bytes`,
        "argument",
      );
  }
  // COMMAND is a command by itself too.
  if (entry.subcommands !== undefined && (command.length > 1 || entry.arity !== -1))
    entry = findSubcommand(entry, command[1]);
  const { arity } = entry;
  if (arity < 0 ? command.length < -arity : command.length !== arity && arity !== 0)
    throw new InvalidCommandError(`wrong number of arguments for ${entry.name}`, "arity");
  return entry;
}

function find(name: string, declared: DeclaredCommands | undefined): Entry {
  if (!/^[!-~]+$/.test(name))
    throw new InvalidCommandError("a command's name is printable ASCII without spaces", "name");
  const upper = name.toUpperCase();
  const entry = commandTable.get(upper) ?? declaredIn(declared, upper);
  if (entry === undefined) throw new CommandNotAllowedError(upper.slice(0, 64), "unknown");
  return entry;
}

function findSubcommand(container: Entry, subcommand: Argument | undefined): Entry {
  if (subcommand === undefined)
    throw new InvalidCommandError(`wrong number of arguments for ${container.name}`, "arity");
  const name = textOf(subcommand);
  const entry = /^[!-~]+$/.test(name) ? container.subcommands?.get(name.toUpperCase()) : undefined;
  // The subcommand is an argument and not repeated: it may be anything.
  if (entry === undefined) throw new CommandNotAllowedError(container.name, container.dedicated ?? "unknown");
  return entry;
}
