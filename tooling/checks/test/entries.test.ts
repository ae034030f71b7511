import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { root } from "../src/checkout.ts";
import { importsOf } from "../src/imports.ts";

/** Makes the process take itself for one of an older Node. */
const older = `data:text/javascript,${encodeURIComponent(
  `for (const [name, value] of [["version", "v20.11.0"], ["versions", { ...process.versions, node: "20.11.0" }]])
     Object.defineProperty(process, name, { value });`,
)}`;

describe.for(["gateway", "worker"])("the entry of the %s", (app) => {
  const entry = join(root, "apps", app, "src/main.ts");

  test("ends on a Node that is too old with a message, before the rest is read", () => {
    const ended = spawnSync(
      process.execPath,
      ["--conditions=@fleet/source", "--import", older, entry, "--version"],
      { encoding: "utf8" },
    );
    expect(ended).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `fleet-${app}: Node 24 or newer is needed, this is v20.11.0\n`,
    });
  });

  test("has no import that is read with it, but one of Node and of what listens to signals", () => {
    const read = importsOf(`apps/${app}/src/main.ts`).map(({ from }) => from);
    expect(read.filter((from) => from !== "./run.ts" && from !== "./signals.ts")).toEqual(["node:fs"]);
  });
});
