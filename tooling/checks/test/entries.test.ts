import { spawnSync } from "node:child_process";
import { cp, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { root } from "../src/checkout.ts";
import { importsOf } from "../src/imports.ts";

/** Makes the process take itself for one of another Node. */
function nodeOf(version: string): string {
  return `data:text/javascript,${encodeURIComponent(
    `for (const [name, value] of [["version", "v${version}"], ["versions", { ...process.versions, node: "${version}" }]])
       Object.defineProperty(process, name, { value });`,
  )}`;
}

describe.for(["gateway", "worker"])("the entry of the %s", (app) => {
  const entry = join(root, "apps", app, "src/main.ts");

  test("ends on a Node that is too old with a message, before the rest is read", () => {
    const ended = spawnSync(
      process.execPath,
      ["--conditions=@fleet/source", "--import", nodeOf("20.11.0"), entry, "--version"],
      { encoding: "utf8" },
    );
    expect(ended).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `fleet-${app}: Node 24 or newer is needed, this is v20.11.0\n`,
    });
  });

  test.for([
    ["20.11.0", `fleet-${app}: Node 24 or newer is needed, this is v20.11.0`],
    ["24.0.0", "ran"],
  ] as const)("compares the major only, whatever else package.json says: %s", async ([version, said]) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "fleet-entry-"));
    const at = (name: string): string => join(folder.path, name);
    await cp(join(entry, ".."), at("src"), { recursive: true });
    await writeFile(at("src/run.ts"), `export const run = () => console.log("ran");`);
    await writeFile(at("package.json"), `{ "type": "module", "engines": { "node": ">=24.1" } }`);
    const ended = spawnSync(process.execPath, ["--import", nodeOf(version), at("src/main.ts")], {
      encoding: "utf8",
    });
    expect(ended.stdout + ended.stderr).toBe(`${said}\n`);
  });

  test("has no import that is read with it, but one of Node and of what listens to signals", () => {
    const read = importsOf(`apps/${app}/src/main.ts`).map(({ from }) => from);
    expect(read.filter((from) => from !== "./run.ts" && from !== "./signals.ts")).toEqual(["node:fs"]);
  });
});
