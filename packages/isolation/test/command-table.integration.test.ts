import { describe, expect, test } from "vitest";

import type { CommandRow } from "../src/command-row.ts";
import { commandTable } from "../src/command-table.ts";
import { families } from "../src/commands/families.ts";
import { CommandNotAllowedError, Namespace } from "../src/index.ts";
import { readable, Server, servers } from "./server.ts";

/** One entry of COMMAND INFO. */
type Info = readonly [
  name: string,
  arity: number,
  flags: readonly string[],
  first: number,
  last: number,
  step: number,
  categories: readonly string[],
  hints: unknown,
  specifications: unknown,
  subcommands: readonly Info[],
];

/** Reads that touch no data, which Redis does not flag. */
const flagless: ReadonlySet<string> = new Set(
  ["ECHO", "PING", "TIME", "FUNCTION LIST", "FUNCTION STATS"].concat(
    [...families["server"]!, ...families["channels"]!].map(({ name }) => name),
  ),
);
/** Widened after 7.0: our table admits what the newest server admits, and an older one answers with its own error. */
const widened = new Set(["COMMAND GETKEYS", "COMMAND GETKEYSANDFLAGS", "ZRANK", "ZREVRANK"]);

const rows = Object.values(families).flat();

describe.for(servers)("the table against the COMMAND of $title", ({ path, missing }) => {
  async function commands(): Promise<{ version: string; infos: ReadonlyMap<string, Info> }> {
    await using server = await Server.start(path);
    const infos = readable(await server.call("COMMAND")) as readonly Info[];
    const flat = infos.flatMap((info) => [info, ...info[9]]);
    return {
      version: server.version,
      infos: new Map(flat.map((info) => [info[0].toUpperCase().replace("|", " "), info])),
    };
  }

  test("every command is decided, or refused as unknown where it is newer than the table", async (context) => {
    context.skip(path === undefined, missing);
    const { version, infos } = await commands();
    const undecided = [...infos.keys()].filter((name) => !isDecided(name));
    await context.annotate(`undecided of ${version}: ${undecided.join(" ") || "none"}`);
    expect(/^(?:7\.0|8\.0|8\.1)\./.test(version) ? undecided : []).toEqual([]);
    for (const name of undecided) {
      const attempt = (): unknown => Namespace.dedicated().scope(name.split(" ") as [string]);
      expect(attempt).toThrow(
        expect.objectContaining({ name: CommandNotAllowedError.name, reason: "unknown" }),
      );
    }
  });

  test("arity, flags and key positions are the server's", async (context) => {
    context.skip(path === undefined, missing);
    const { infos } = await commands();
    const known = rows.filter(({ name }) => infos.has(name));
    expect(known.length).toBeGreaterThan(190);
    for (const row of known) {
      const [, arity, flags, first, last, step] = infos.get(row.name)!;
      const { name } = row;
      // A module says no more than "at least the name".
      const admitted = widened.has(name)
        ? [arity, -arity, arity + 1]
        : flags.includes("module")
          ? [row.arity]
          : [arity];
      expect({ name, arity: admitted }).toEqual({ name, arity: expect.arrayContaining([row.arity]) });
      const isAdmin = !("dedicated" in row) && flags.includes("admin");
      expect({ name, isAdmin }).toEqual({ name, isAdmin: false });
      const movable = flags.includes("movablekeys");
      expect({ name, ...positionsOf(row) }).toMatchObject({
        name,
        ...("keys" in row &&
          row.channels !== true &&
          (movable ? { movable } : { movable, range: [first, last, step] })),
      });
    }
  });

  test("what the table calls a read cannot write", async (context) => {
    context.skip(path === undefined, missing);
    const { infos } = await commands();
    const wrong = rows.filter(
      ({ name, access }) =>
        access === "read" && !flagless.has(name) && infos.get(name)?.[2].includes("readonly") === false,
    );
    expect(wrong).toEqual([]);
  });

  test("what may block or is dangerous is for the owner of the instance, or has its options checked", async (context) => {
    context.skip(path === undefined, missing);
    const { infos } = await commands();
    const named = (flag: string): readonly string[] =>
      rows
        .filter((row) => "keys" in row && row.needs === undefined)
        .filter((row) => infos.get(row.name)?.[6].includes(flag))
        .map(({ name }) => name);
    expect(named("@dangerous")).toEqual(["SORT", "SORT_RO"]);
    expect(named("@blocking")).toEqual(["XREAD", "XREADGROUP"]);
  });
});

/** What COMMAND must say of a row's keys; where the table counts or searches, the first key is all that it can say. */
function positionsOf(row: CommandRow): { readonly movable?: boolean; readonly range?: unknown } {
  if (!("keys" in row) || row.channels === true) return {};
  const { keys } = row;
  if (keys.kind === "copy") return { movable: false, range: [1, 2, 1] };
  if (keys.kind !== "range") return { movable: true };
  return { movable: false, range: keys.last === 0 ? [0, 0, 0] : [keys.first, keys.last, keys.step] };
}

function isDecided(fullName: string): boolean {
  const [name = "", subcommand] = fullName.split(" ");
  const entry = commandTable.get(name);
  if (entry?.subcommands === undefined || subcommand === undefined) return entry !== undefined;
  // A container may be refused as a whole, but for some.
  const isRefused = entry.dedicated !== undefined && entry.dedicated !== "unknown";
  return isRefused || entry.subcommands.has(subcommand);
}
