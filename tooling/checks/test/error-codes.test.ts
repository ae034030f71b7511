import { describe, expect, test } from "vitest";

import { packages, paths, root, text } from "../src/checkout.ts";
import { codeOwners } from "../src/reference/pages.ts";

/** The package's own codes that are literals in its sources, which may have those of other packages too. */
function codesOf(name: string): ReadonlySet<string> {
  const own = new RegExp(`["'\`](FLEET_${name.toUpperCase()}(?:_[A-Z]+)+)["'\`]`, "g");
  return new Set(
    paths(`packages/${name}/src/**/*.ts`).flatMap((path) =>
      [...text(path).matchAll(own)].map((match) => match[1]!),
    ),
  );
}

/** The packages that a folder depends on at run time, directly or not: their errors can reach it. */
function behind(folder: string, found: Set<string> = new Set()): ReadonlySet<string> {
  const { dependencies = {} } = JSON.parse(text(`${folder}/package.json`)) as {
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

/** The codes that docs/reference/errors.md has, by the name of their package or app. */
const described = new Map(codeOwners().map(({ name, codes }) => [name, codes.map(({ code }) => code)]));

describe("every code of the sources is described, and none that they do not have", () => {
  test.for(packages)("@fleet/%s", (name) => {
    expect(described.get(`@fleet/${name}`)).toEqual([...codesOf(name)].toSorted());
  });
});

describe("the gateway's status table", () => {
  // Not those of a package that it does not depend on: no caller could see such a status.
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

  test("maps no code that is not thrown", () => {
    const own = new Set(described.get("@fleet/gateway"));
    expect(Object.keys(statusByCode).filter((value) => !everywhere.has(value) && !own.has(value))).toEqual(
      [],
    );
  });

  test("answers with client and server errors only", () => {
    expect(Object.entries(statusByCode).filter(([, status]) => status < 400 || status > 599)).toEqual([]);
  });
});
