import type { KeyPositions } from "./command-row.ts";
import type { Argument } from "./command.ts";
import { CommandNotAllowedError, syntaxError } from "./errors.ts";
import { isInteger, isKeyword, textOf } from "./keyword.ts";

type Located = Exclude<KeyPositions, { kind: "range" }>;

/**
 * The indices of all keys of a command whose keys stand where its other arguments say.
 *
 * Every option on the way to a key is understood or refused: an option taken for something else would shift a key out of sight.
 *
 * @throws InvalidCommandError when the server would call it a syntax error, or would read it in more than one way.
 * @throws CommandNotAllowedError when an option blocks, leaves the database, or names keys by pattern.
 */
export function locateKeys(name: string, keys: Located, args: readonly Argument[]): readonly number[] {
  switch (keys.kind) {
    case "counted":
      return countedKeys(name, keys, args);
    case "streams":
      return streamKeys(name, keys.group, args);
    case "sort":
      return sortKeys(name, keys.store, args);
    case "copy":
      return copyKeys(name, args);
    case "geo":
      return geoKeys(name, keys.options, args);
    default:
      return keys satisfies never;
  }
}

/**
 * Refuses the options that no caller may use, not even the owner of the whole instance: BLOCK, and COPY into another database.
 *
 * @throws InvalidCommandError and CommandNotAllowedError like {@link locateKeys}.
 */
export function checkOptions(name: string, keys: Located, args: readonly Argument[]): void {
  if (keys.kind === "streams" || keys.kind === "copy") locateKeys(name, keys, args);
}

function countedKeys(
  name: string,
  { count, destination, step = 1, zero = false }: Extract<KeyPositions, { kind: "counted" }>,
  args: readonly Argument[],
): readonly number[] {
  const given = args[count];
  const keys = given !== undefined && isInteger(given) ? Number(textOf(given)) : -1;
  if (!(keys >= (zero ? 0 : 1) && keys * step < args.length - count)) throw syntaxError(name);
  const indices = destination === undefined ? [] : [destination];
  for (let index = count + 1; index <= count + keys * step; index += step) indices.push(index);
  return indices;
}

function streamKeys(name: string, group: boolean, args: readonly Argument[]): readonly number[] {
  // GROUP first, as documented: the server's own key finder looks for STREAMS from the fourth argument on.
  if (group && !isKeyword(args[1], "GROUP")) throw syntaxError(name);
  let index = group ? 4 : 1;
  while (!isKeyword(args[index], "STREAMS")) {
    if (isKeyword(args[index], "BLOCK"))
      throw new CommandNotAllowedError(name, "blocking", { option: "BLOCK" });
    if (isKeyword(args[index], "COUNT") && isInteger(args[index + 1])) index += 2;
    else if (group && isKeyword(args[index], "NOACK")) index += 1;
    else throw syntaxError(name);
  }
  const first = index + 1;
  const keys = (args.length - first) / 2;
  if (keys < 1 || !Number.isInteger(keys)) throw syntaxError(name);
  const indices: number[] = [];
  for (let key = first; key < first + keys; key += 1) indices.push(key);
  return indices;
}

function copyKeys(name: string, args: readonly Argument[]): readonly number[] {
  for (let index = 3; index < args.length; index += 1) {
    if (isKeyword(args[index], "DB")) throw new CommandNotAllowedError(name, "transfer", { option: "DB" });
    if (!isKeyword(args[index], "REPLACE")) throw syntaxError(name);
  }
  return [1, 2];
}

function sortKeys(name: string, store: boolean, args: readonly Argument[]): readonly number[] {
  const indices = [1];
  let index = 2;
  while (index < args.length) {
    const option = args[index];
    if (isKeyword(option, "ASC") || isKeyword(option, "DESC") || isKeyword(option, "ALPHA")) index += 1;
    else if (isKeyword(option, "LIMIT") && isInteger(args[index + 1]) && isInteger(args[index + 2]))
      index += 3;
    else if (store && isKeyword(option, "STORE") && index + 1 < args.length) {
      // STORE may be repeated and the last one counts; all of them are keys.
      indices.push(index + 1);
      index += 2;
    } else if (isKeyword(option, "BY") && isKeyword(args[index + 1], "NOSORT")) index += 2;
    else if (isKeyword(option, "GET") && isKeyword(args[index + 1], "#")) index += 2;
    else if (isKeyword(option, "BY") || isKeyword(option, "GET"))
      throw new CommandNotAllowedError(name, "hidden-keys", {
        option: isKeyword(option, "BY") ? "BY" : "GET",
        forOwner: true,
      });
    else throw syntaxError(name);
  }
  return indices;
}

function geoKeys(name: string, options: number, args: readonly Argument[]): readonly number[] {
  const indices = [1];
  let index = options;
  while (index < args.length) {
    const option = args[index];
    if (["WITHCOORD", "WITHDIST", "WITHHASH", "ANY", "ASC", "DESC"].some((flag) => isKeyword(option, flag)))
      index += 1;
    else if (isKeyword(option, "COUNT") && isInteger(args[index + 1])) index += 2;
    else if ((isKeyword(option, "STORE") || isKeyword(option, "STOREDIST")) && index + 1 < args.length) {
      // Both may be repeated and the last one counts; all of them are keys.
      indices.push(index + 1);
      index += 2;
    } else throw syntaxError(name);
  }
  return indices;
}
