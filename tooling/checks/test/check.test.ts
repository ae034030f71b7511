import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { steps } from "../src/steps.ts";

const entry = fileURLToPath(new URL("../src/check.ts", import.meta.url));
const run = (...args: readonly string[]): { code: number | null; out: string; error: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], { encoding: "utf8" });
  return { code: status, out: stdout, error: stderr };
};

test.for([["--help"], ["-h"], ["--", "--help"]])(
  "%j says how to call it and which steps there are",
  (args) => {
    const { code, out, error } = run(...args);
    expect([code, error]).toEqual([0, ""]);
    expect(out).toMatch(/^pnpm check \[--skip STEP\]/);
    for (const { name } of steps) expect(out).toContain(name);
  },
);

test.for([
  [["everything"], "no step is named everything; there are format, lint,"],
  [["--skip", "naps"], "no step is named naps; there are format, lint,"],
  [["--quick"], "Unknown option '--quick'"],
] as const)("%j ends with 2 and one line", ([args, message]) => {
  const { code, out, error } = run(...args);
  expect([code, out]).toEqual([2, ""]);
  expect(error).toContain(message);
  expect(error.trimEnd().split("\n")).toHaveLength(1);
});

test("a step that is named is run, and no other", () => {
  const { code, out } = run("versions");
  expect(code).toBe(0);
  expect(out).toMatch(/^ok {4}versions \(\d+\.\d s\)\n1 passed, 0 failed\n$/);
});
