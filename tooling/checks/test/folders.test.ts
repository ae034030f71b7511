import { dirname } from "node:path";

import { describe, expect, test } from "vitest";

import { folderTable } from "../src/architecture-tables.ts";
import { paths, text } from "../src/checkout.ts";
import { fileCircles } from "../src/file-circles.ts";
import { folderCircles } from "../src/folder-circles.ts";

const mostFiles = 20;
const mostLines = 300;

const sources = paths([
  "packages/*/src/**/*.ts",
  "apps/*/{src,local}/**/*.ts",
  "tooling/*/src/**/*.ts",
  "tooling/vitest/*.ts",
]);

test("a source file has at most 300 lines: past that there are two ideas in it", () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.filter((path) => text(path).split("\n").length - 1 > mostLines)).toEqual([]);
});

test("a folder holds at most 20 source files", () => {
  const crowded = [...Map.groupBy(sources, dirname)].filter(([, files]) => files.length > mostFiles);
  expect(crowded.map(([folder, { length }]) => `${folder}: ${length}`)).toEqual([]);
});

describe("between the folders of a package imports run one way", () => {
  const owners = [...new Set(sources.map((path) => path.split("/").slice(0, 2).join("/")))];

  test.for(owners)("%s", (owner) => {
    const { exports = {} } = JSON.parse(text(`${owner}/package.json`)) as {
      readonly exports?: Readonly<Record<string, string | { readonly "@fleet/source"?: string }>>;
    };
    const entries = Object.values(exports).map((entry) =>
      typeof entry === "string" ? entry : entry["@fleet/source"]!,
    );
    const folders = new Set([
      `${owner}/src`,
      ...entries.map((entry) => dirname(`${owner}/${entry.slice(2)}`)),
    ]);
    expect(
      folderCircles(
        sources.filter((path) => path.startsWith(`${owner}/`)),
        folders,
      ),
    ).toEqual([]);
  });
});

test("no file imports itself by way of others", () => {
  expect(fileCircles(sources)).toEqual([]);
});

test("tests mirror the folders of the sources", () => {
  const folders = new Set(sources.map(dirname));
  const strange = paths(["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts"])
    .map(dirname)
    // What has no counterpart: programs of tests, the fault matrix, and the tests of what starts a local fleet.
    .filter((folder) => !/\/test\/(?:campaign|churn|faults|local)$/.test(folder))
    .filter((folder) => !folders.has(folder.replace("/test", "/src")));
  expect([...new Set(strange)]).toEqual([]);
});

test("docs/architecture.md describes each folder of a package or app, and no other", () => {
  const real = Map.groupBy(
    new Set(sources.filter((path) => /^(?:packages|apps)\/\w+\/src\//.test(path)).flatMap(foldersOf)),
    (folder) => folder.split("/")[1]!,
  );
  const described = folderTable();
  const inner = (folders: readonly string[] = []): readonly string[] =>
    folders.map((folder) => folder.split("/").slice(3).join("/")).toSorted();
  for (const [owner, folders] of real)
    expect([owner, described.get(owner)?.toSorted()]).toEqual([owner, inner(folders)]);
  expect([...described.keys()].filter((owner) => !real.has(owner))).toEqual([]);
});

/** The folders between `src` and a file. */
function foldersOf(path: string): readonly string[] {
  const steps = path.split("/").slice(0, -1);
  return steps.map((_step, index) => steps.slice(0, index + 1).join("/")).slice(3);
}
