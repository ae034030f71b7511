import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, test } from "vitest";

import { systemClock, unref } from "../src/index.ts";

const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url));

/** The exit code and output of a process that runs a program with `systemClock`, `sleep` and `unref` in scope. */
async function ended(program: string): Promise<readonly [number, string]> {
  const source = `import { systemClock, sleep, unref } from ${JSON.stringify(entry)};\n${program}`;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source]);
    return [0, stdout];
  } catch (error) {
    const { code, stdout } = error as { readonly code: number; readonly stdout: string };
    return [code, stdout];
  }
}

describe("the system's clock", () => {
  test("does not warn of a time that has passed", async () => {
    const warnings: unknown[] = [];
    const listen = (warning: unknown): void => void warnings.push(warning);
    process.on("warning", listen);
    await new Promise<void>((resolve) => systemClock.setTimeout(resolve, -5));
    process.off("warning", listen);
    expect(warnings).toEqual([]);
  });

  test("keeps the process alive while something waits for it", async () => {
    expect(await ended("await sleep(systemClock, 20); console.log('slept');")).toEqual([0, "slept\n"]);
  });

  test("lets the process end while only a timer without a reference is pending", async () => {
    expect(await ended("unref(systemClock.setTimeout(() => console.log('fired'), 60_000));")).toEqual([
      0,
      "",
    ]);
  });

  test("a timer that was cleared, or none, is cleared without effect", () => {
    const handle = systemClock.setTimeout(() => {}, 1000);
    for (const each of [handle, handle, undefined])
      expect(() => systemClock.clearTimeout(each)).not.toThrow();
    expect(unref(undefined)).toBeUndefined();
  });
});
