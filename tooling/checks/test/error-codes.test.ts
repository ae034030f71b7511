import { describe, expect, test } from "vitest";

import { packages, paths, root, text } from "../src/rooms.ts";

const code = /\bFLEET_[A-Z]+(?:_[A-Z]+)+\b/g;

/** The codes that stand as string literals in a room's sources. */
function codesOf(room: string): ReadonlySet<string> {
  const literals = paths(`${room}/src/**/*.ts`).flatMap(
    (path) => text(path).match(/["'`]FLEET_[A-Z]+(?:_[A-Z]+)+["'`]/g) ?? [],
  );
  return new Set(literals.map((literal) => literal.slice(1, -1)));
}

/** The codes in the tables under `## Errors` of a README. */
function documented(room: string): ReadonlySet<string> {
  const section =
    text(`${room}/README.md`)
      .split(/^## /m)
      .find((part) => part.startsWith("Errors")) ?? "";
  return new Set(section.match(code) ?? []);
}

const { statusByCode } = (await import(new URL(`file://${root}/apps/gateway/src/errors.ts`).href)) as {
  readonly statusByCode: Readonly<Record<string, number>>;
};

describe("every code stands in the README of its room, and every code of a README in the sources", () => {
  test.for(packages)("@fleet/%s", (name) => {
    expect([...documented(`packages/${name}`)].toSorted()).toEqual(
      [...codesOf(`packages/${name}`)].toSorted(),
    );
  });
});

describe("a code begins with its room's name", () => {
  test.for(packages)("@fleet/%s", (name) => {
    const prefix = `FLEET_${name.toUpperCase()}_`;
    expect([...codesOf(`packages/${name}`)].filter((value) => !value.startsWith(prefix))).toEqual([]);
  });
});

describe("the gateway's status table", () => {
  const everywhere = new Set(packages.flatMap((name) => [...codesOf(`packages/${name}`)]));

  test("maps every code that a package throws", () => {
    expect([...everywhere].filter((value) => !(value in statusByCode)).toSorted()).toEqual([]);
  });

  test("maps no code that nobody throws", () => {
    const own = documented("apps/gateway");
    expect(Object.keys(statusByCode).filter((value) => !everywhere.has(value) && !own.has(value))).toEqual(
      [],
    );
  });

  test("answers with client and server errors only", () => {
    expect(Object.entries(statusByCode).filter(([, status]) => status < 400 || status > 599)).toEqual([]);
  });
});
