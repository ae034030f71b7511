import { expect, test } from "vitest";

import { paths, text } from "../src/checkout.ts";
import { returnedPromises } from "../src/returned-promises.ts";

test.for([
  ["async () => { await using fleet = await open(); return fleet.command(); }", [1]],
  ["async () => { using fleet = open(); if (x) return fleet.command(); }", [1]],
  ["async () => { { using a = open(); } return f(); }", []],
  ["async () => { try { return f(); } finally { g(); } }", [1]],
  ["async () => { try { await f(); } catch { return g(); } finally { h(); } }", [1]],
  ["async () => { try { await f(); } finally { g(); } return h(); }", []],
  ["async () => { await using fleet = open();\n return x ? fleet.command() : 1; }", [2]],
  ["async () => { await using fleet = open(); return await fleet.command(); }", []],
  ["async () => { await using fleet = open(); list.map((x) => { return f(x); }); }", []],
  ["async () => { for (await using a of b) { return f(a); } }", [1]],
] as const)("an example: %s", ([source, lines]) => {
  expect(returnedPromises("example.ts", `x = ${source}`, false)).toEqual(lines);
});

test.for([
  ["function a(): Promise<void> { using b = open(); return f(b); }", [1]],
  ["const a = (): Promise<void> => { try { return f(); } finally { g(); } };", [1]],
  ["function a(): number { using b = open(); return f(b); }", []],
  ["async function a(): Promise<void> { using b = open(); return f(b); }", []],
  ["class A { a(): Promise<void> { using b = open(); return this.#b; } }", [1]],
] as const)("a source: %s", ([source, lines]) => {
  expect(returnedPromises("source.ts", source, true)).toEqual(lines);
});

test("no source returns a promise out of a block that closes something", () => {
  const sources = paths(["{packages,apps,tooling}/**/*.ts"]).filter((path) =>
    /\busing\b|\bfinally\b/.test(text(path)),
  );
  expect(sources.length).toBeGreaterThan(100);
  expect(
    sources.flatMap((path) => returnedPromises(path, text(path), true).map((line) => `${path}:${line}`)),
  ).toEqual([]);
});

test("no example of a README does", () => {
  const examples = paths(["*.md", "{packages,apps,tooling}/*/*.md"]).flatMap((path) =>
    [...text(path).matchAll(/^```(?:ts|js|typescript|javascript)\n([\s\S]*?)^```/gm)].map((match) => ({
      path,
      source: match[1]!,
    })),
  );
  expect(examples.length).toBeGreaterThan(15);
  expect(
    examples.flatMap(({ path, source }) =>
      returnedPromises("example.ts", source, false).map((line) => `${path}: line ${line} of an example`),
    ),
  ).toEqual([]);
});
