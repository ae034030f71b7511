import type { Argument, Command, Program, Reply } from "../command.ts";
import { syntaxError } from "../errors.ts";
import { isInteger, isKeyword, textOf } from "../keyword.ts";
import { Prefix } from "./prefix.ts";
import { type Emulation, stepCount } from "./program.ts";

interface Options {
  readonly cursor: string;
  readonly pattern: Argument;
  readonly count: number;
  readonly type: Argument | undefined;
  readonly withType: boolean;
}

/** SCAN: one step, with the caller's cursor, over at most `stepCount` places. WITHTYPE asks for the type of each key found. */
export const scan: Emulation = {
  inProject: (prefix, command) => {
    const options = parse(command);
    return () => program(prefix, options);
  },
  forOwner: (command) => {
    if (!command.some((argument, index) => index > 1 && isKeyword(argument, "WITHTYPE"))) return undefined;
    const options = parse(command);
    return options.withType ? () => program(Prefix.none, options) : undefined;
  },
};

function* program(prefix: Prefix, { cursor, pattern, count, type, withType }: Options): Program {
  const [reply] = yield [prefix.step(cursor, pattern, count, type)];
  const { cursor: next, names } = prefix.found(reply, pattern);
  if (!withType || names.length === 0) return [Buffer.from(next), names];
  const types = yield names.map((name): Command => ["TYPE", prefix.full(name)]);
  const pairs = names.flatMap((name, index): Reply[] => {
    const found = String(types[index]);
    // The key has gone since.
    return found === "none" ? [] : [name, Buffer.from(found)];
  });
  return [Buffer.from(next), pairs];
}

/** Every option is understood or refused; of several the last one counts, as it does for the server. */
function parse([name, cursor, ...options]: Command): Options {
  if (cursor === undefined || !/^\d{1,20}$/.test(textOf(cursor))) throw syntaxError(name);
  let pattern: Argument = "*";
  let count = 10;
  let type: Argument | undefined;
  let withType = false;
  for (let index = 0; index < options.length; index += 2) {
    const option = options[index];
    const value = options[index + 1];
    if (isKeyword(option, "WITHTYPE")) {
      withType = true;
      index -= 1;
    } else if (value === undefined) throw syntaxError(name);
    else if (isKeyword(option, "MATCH")) pattern = value;
    else if (isKeyword(option, "TYPE")) type = value;
    else if (isKeyword(option, "COUNT") && isInteger(value) && Number(textOf(value)) > 0)
      count = Math.min(Number(textOf(value)), stepCount);
    else throw syntaxError(name);
  }
  return { cursor: textOf(cursor), pattern, count, type, withType };
}
