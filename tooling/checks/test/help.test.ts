import { spawnSync } from "node:child_process";

import { expect, test } from "vitest";

import { root, text } from "../src/checkout.ts";

const { scripts } = JSON.parse(text("package.json")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

test.for(["start", "test", "check", "bench"])(
  "pnpm %s --help says how to call it, and ends with 0",
  (name) => {
    // The last of its commands, with this process's Node in place of the one on PATH.
    const [, ...args] = scripts[name]!.split("&&").at(-1)!.trim().split(" ");
    const { status, stdout, stderr } = spawnSync(process.execPath, [...args, "--help"], {
      cwd: root,
      encoding: "utf8",
      // As without a terminal.
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^(?:Usage: )?(?:pnpm )?\w+/);
    expect(stdout).toContain(name);
    expect(stdout.split("\n").length).toBeGreaterThan(3);
  },
);
