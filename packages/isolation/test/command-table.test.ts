import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import type { CommandRow } from "../src/command-row.ts";
import { commandTable } from "../src/command-table.ts";
import { families } from "../src/commands/families.ts";
import { refusals } from "../src/commands/refusals.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const rows = Object.values(families).flat();

/** For the owner only, by grant, by a program. */
function mark(row: CommandRow): string {
  if ("dedicated" in row) return "*";
  if ("emulated" in row) return "~";
  return row.needs === undefined ? "" : "+";
}

describe("the table", () => {
  test("decides no name twice", () => {
    const names = [...rows.map(({ name }) => name), ...Object.values(refusals).flat()];
    expect(new Set(names).size).toBe(names.length);
  });

  test("asks for at least as many arguments as it has fixed key positions", () => {
    const short = rows.filter((row) => {
      if (!("keys" in row)) return false;
      const { keys } = row;
      const last =
        keys.kind === "range"
          ? Math.max(keys.first * Math.sign(keys.last), keys.last)
          : keys.kind === "counted"
            ? keys.count + (keys.zero === true ? 0 : 1)
            : 1;
      return Math.abs(row.arity) <= last;
    });
    expect(short).toEqual([]);
  });

  test("finds each name in upper and lower case, and nothing that is not a name", () => {
    expect(commandTable.get("get")).toBe(commandTable.get("GET"));
    for (const name of ["__proto__", "constructor", "toString", "OBJECT ENCODING", "OBJECT|ENCODING", ""])
      expect(commandTable.has(name)).toBe(false);
  });
});

describe("the README", () => {
  /** The names behind `- label: `, up to the end of the sentence. */
  const listed = (label: string): readonly string[] | undefined => {
    const line = readme.split("\n").find((candidate) => candidate.startsWith(`- ${label}: `));
    const [, names] = /: ((?:`[^`]+` ?)*)/.exec(line ?? "") ?? [];
    return names === undefined ? undefined : [...names.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
  };

  test.for(Object.entries(families))("lists the %s", ([family, rows]) => {
    expect(listed(family)).toEqual(rows.map((row) => `${row.name}${mark(row)}`));
  });

  test.for(Object.entries(refusals))("lists what is refused as %s", ([reason, names]) => {
    expect(listed(`\`${reason}\``)).toEqual(names);
  });
});
