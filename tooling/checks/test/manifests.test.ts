import { describe, expect, test } from "vitest";

import { published, text } from "../src/checkout.ts";

interface Manifest {
  readonly name: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

const manifestOf = (name: string): Manifest => JSON.parse(text(`packages/${name}/package.json`)) as Manifest;
const catalog = new Map(
  [...text("pnpm-workspace.yaml").matchAll(/^ {2}"?([@\w/-]+)"?: (\S+)$/gm)].map(
    ([, name, range]) => [name!, range!] as const,
  ),
);
const repository = "https://github.com/fleet/fleet";

describe("what a registry shows of", () => {
  test.for(published)("@fleet/%s says what it does and where it lives", (name) => {
    const { description = "", keywords = [], ...fields } = manifestOf(name);
    // A question or a motto is not what somebody searches for.
    expect(description).toMatch(/^[A-Z][^?!]{40,220}\.$/);
    expect(keywords.length).toBeGreaterThanOrEqual(4);
    expect(new Set(keywords).size).toBe(keywords.length);
    expect(fields).toMatchObject({
      name: `@fleet/${name}`,
      homepage: `${repository}/tree/main/packages/${name}#readme`,
      bugs: `${repository}/issues`,
      license: "MIT",
      repository: { type: "git", url: `git+${repository}.git`, directory: `packages/${name}` },
      publishConfig: { access: "public" },
    });
  });
});

describe("what a package needs at run time", () => {
  const needs = published.flatMap((name) => {
    const { dependencies = {}, peerDependencies = {} } = manifestOf(name);
    return Object.entries({ ...dependencies, ...peerDependencies }).map(
      ([needed, range]) => [name, needed, range] as const,
    );
  });

  test("is a range, so that a program with two of our packages has one copy", () => {
    expect(needs.length).toBeGreaterThan(10);
    expect(
      needs.filter(([, needed, range]) =>
        needed.startsWith("@fleet/")
          ? range !== "workspace:^"
          : range !== "catalog:" || !catalog.get(needed)!.startsWith("^"),
      ),
    ).toEqual([]);
  });

  test("is ioredis only as a peer: its types are in public signatures, and its objects are the program's", () => {
    expect(published.filter((name) => manifestOf(name).dependencies?.["ioredis"] !== undefined)).toEqual([]);
    expect(needs.filter(([, needed]) => needed === "ioredis").length).toBeGreaterThan(0);
  });
});
