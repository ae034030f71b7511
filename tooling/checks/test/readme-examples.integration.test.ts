import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

import { packages, root, text } from "../src/checkout.ts";

// Written inside this package, so that the names of the packages resolve as they do for a user.
const folder = join(root, "tooling/checks/.examples");

/** The first TypeScript block under `## Example`. */
function exampleOf(name: string): string {
  const section = text(`packages/${name}/README.md`)
    .split(/^## /m)
    .find((part) => part.startsWith("Example"));
  const block = section === undefined ? null : /```ts\n([\s\S]*?)```/.exec(section);
  if (block === null)
    throw new Error(`packages/${name}/README.md has no TypeScript block under "## Example"`);
  return block[1]!;
}

/** What the comments behind `console.log(...)` promise. */
function promised(example: string): readonly string[] {
  return [...example.matchAll(/console\.log\(.*\);\s*\/\/ (.*)$/gm)].map((match) => match[1]!.trim());
}

beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the examples of all READMEs compile as they stand", () => {
  for (const name of packages) writeFileSync(join(folder, `${name}.ts`), `${exampleOf(name)}\nexport {};\n`);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../../tsconfig.json",
      compilerOptions: { noUnusedLocals: false },
      include: ["*.ts"],
    }),
  );
  const compiler = join(root, "node_modules/.bin/tsc");
  expect(() =>
    execFileSync(compiler, ["-p", join(folder, "tsconfig.json")], { encoding: "utf8" }),
  ).not.toThrow();
});

test.for(packages)("the example of @fleet/%s runs and prints what it says", async (name) => {
  await using redis = await startRedis();
  const example = exampleOf(name);
  const file = join(folder, `${name}-live.ts`);
  writeFileSync(file, `${example.replaceAll("port: 6379", `port: ${redis.port}`)}\nexport {};\n`);
  const printed = execFileSync(process.execPath, ["--conditions=@fleet/source", file], {
    encoding: "utf8",
    timeout: 15_000,
  });
  expect(
    printed
      .trimEnd()
      .split("\n")
      .filter((line) => line !== ""),
  ).toEqual(promised(example));
});
