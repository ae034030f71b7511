import { describe, expect, test } from "vitest";

import { packages, paths, root, text } from "../src/rooms.ts";

const code = /\bFLEET_[A-Z]+(?:_[A-Z]+)+\b/g;

/** A room's own codes that stand as literals in its sources; it may know those of a neighbour too. */
function codesOf(name: string): ReadonlySet<string> {
  const own = new RegExp(`["'\`](FLEET_${name.toUpperCase()}(?:_[A-Z]+)+)["'\`]`, "g");
  return new Set(
    paths(`packages/${name}/src/**/*.ts`).flatMap((path) =>
      [...text(path).matchAll(own)].map((match) => match[1]!),
    ),
  );
}

/** The codes in the tables under `## Errors` of a README. */
function documented(room: string): ReadonlySet<string> {
  const section =
    text(`${room}/README.md`)
      .split(/^## /m)
      .find((part) => part.startsWith("Errors")) ?? "";
  return new Set(section.match(code) ?? []);
}

/** The packages that a room brings with it at run time, theirs included: whose errors can reach it. */
function behind(room: string, found: Set<string> = new Set()): ReadonlySet<string> {
  const { dependencies = {} } = JSON.parse(text(`${room}/package.json`)) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  for (const name of packages) {
    if (!(`@fleet/${name}` in dependencies) || found.has(name)) continue;
    found.add(name);
    behind(`packages/${name}`, found);
  }
  return found;
}

const { statusByCode } = (await import(new URL(`file://${root}/apps/gateway/src/errors.ts`).href)) as {
  readonly statusByCode: Readonly<Record<string, number>>;
};

describe("every code stands in the README of its room, and every code of a README in the sources", () => {
  test.for(packages)("@fleet/%s", (name) => {
    expect([...documented(`packages/${name}`)].toSorted()).toEqual([...codesOf(name)].toSorted());
  });
});

describe("the gateway's status table", () => {
  // Not those of a package that it does not have: nobody could ever see such a status.
  const everywhere = new Set([...behind("apps/gateway")].flatMap((name) => [...codesOf(name)]));

  test("has the packages behind it, through the client too, and no others", () => {
    expect([...behind("apps/gateway")]).toEqual(
      expect.arrayContaining(["client", "discovery", "isolation", "metrics", "pool", "breaker", "router"]),
    );
    expect(behind("apps/gateway").has("backfill")).toBe(false);
  });

  test("maps every code that a package behind the gateway throws", () => {
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
