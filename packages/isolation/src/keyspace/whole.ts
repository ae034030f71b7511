import type { Argument, Command, Program, Reply } from "../command.ts";
import { syntaxError, TooManyKeysError, UnfinishedError } from "../errors.ts";
import { isKeyword, textOf } from "../keyword.ts";
import type { Prefix } from "./prefix.ts";
import { type Emulation, maxSteps, stepCount } from "./program.ts";

/** The most names that one KEYS answers, and the most bytes of them. */
const maxNames = 10_000;
const maxNameBytes = 16_000_000;

/** KEYS: every name that matches, once. */
export const keys: Emulation = {
  inProject:
    (prefix, [, pattern = "*"]) =>
    () =>
      keysProgram(prefix, pattern),
};

function* keysProgram(prefix: Prefix, pattern: Argument): Program {
  const names = new Map<string, Buffer>();
  let bytes = 0;
  let cursor = "0";
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const found = prefix.found((yield [prefix.step(cursor, pattern, stepCount)])[0], pattern);
    // While the server resizes its table a step may find what an earlier one has found.
    for (const name of found.names) {
      names.set(name.toString("latin1"), name);
      bytes += name.length;
    }
    if (names.size > maxNames || bytes > maxNameBytes) break;
    cursor = found.cursor;
    if (cursor === "0") return [...names.values()];
  }
  throw new TooManyKeysError("KEYS");
}

/** DBSIZE: counts by SCAN, and counts a key twice that moves while the server resizes its table. */
export const dbsize: Emulation = { inProject: (prefix) => () => dbsizeProgram(prefix) };

function* dbsizeProgram(prefix: Prefix): Program {
  let count = 0;
  let cursor = "0";
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const found = prefix.found((yield [prefix.step(cursor, "*", stepCount)])[0]);
    count += found.names.length;
    cursor = found.cursor;
    if (cursor === "0") return count;
  }
  throw new TooManyKeysError("DBSIZE");
}

/** How often the server is asked for any key, in the hope of one of the project's. */
const draws = 100;

/** RANDOMKEY: the first of a hundred random keys that is the project's; where none is, the first that a walk finds. */
export const randomkey: Emulation = { inProject: (prefix) => () => randomkeyProgram(prefix) };

function* randomkeyProgram(prefix: Prefix): Program {
  const drawn = yield Array.from({ length: draws }, (): Command => ["RANDOMKEY"]);
  for (const name of drawn) {
    const own = prefix.own(name);
    if (own !== undefined) return own;
  }
  let cursor = "0";
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const found = prefix.found((yield [prefix.step(cursor, "*", stepCount)])[0]);
    if (found.names.length > 0) return found.names[0]!;
    cursor = found.cursor;
    if (cursor === "0") return null;
  }
  throw new TooManyKeysError("RANDOMKEY");
}

/**
 * FLUSHDB and FLUSHALL: removes every key of the project that is there all the while, without blocking the server: ASYNC and SYNC are
 * the same here. `CURSOR n` goes on where an earlier call had to stop.
 */
export const flush: Emulation = {
  inProject: (prefix, command) => {
    const from = cursorOf(command);
    return () => flushProgram(command[0].toUpperCase(), prefix, from);
  },
};

function* flushProgram(name: string, prefix: Prefix, from: string): Program {
  let removed = 0;
  let cursor = from;
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const found = prefix.found((yield [prefix.step(cursor, "*", stepCount)])[0]);
    if (found.names.length > 0) {
      const [count]: readonly Reply[] = yield [["UNLINK", ...found.names.map((own) => prefix.full(own))]];
      removed += Number(count);
    }
    cursor = found.cursor;
    if (cursor === "0") return "OK";
  }
  throw new UnfinishedError(name, removed, cursor);
}

function cursorOf([name, ...options]: Command): string {
  let cursor = "0";
  for (let index = 0; index < options.length; index += 1) {
    const value = options[index + 1];
    if (isKeyword(options[index], "CURSOR") && value !== undefined && /^\d{1,20}$/.test(textOf(value))) {
      cursor = textOf(value);
      index += 1;
    } else if (!isKeyword(options[index], "ASYNC") && !isKeyword(options[index], "SYNC"))
      throw syntaxError(name.toUpperCase());
  }
  return cursor;
}
