import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { loadJob } from "../src/parts/job.ts";

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
// Tables are padded for the eye.
const readme = text("../README.md").replaceAll(/ {2,}/g, " ");

describe("the README", () => {
  test("has every code of the worker, and no other", () => {
    const codes = new Set<string>(text("../src/errors.ts").match(/FLEET_WORKER_[A-Z_]+/g));
    const told = [...readme.matchAll(/^\| `(FLEET_WORKER_[A-Z_]+)` \| `\w+Error` \|/gm)].map(
      ([, code]) => code,
    );
    expect(new Set(told)).toEqual(codes);
  });

  test("has every metric", () => {
    const names = text("../src/watch/metrics.ts").matchAll(/(?:counter|histogram|gauge)\(\s*"(\w+)"/g);
    for (const [, name] of names) expect(readme).toMatch(new RegExp(`\`${name}(?:\\{[\\w,]+\\})?\``));
  });

  test("has a job that can be loaded and works", async () => {
    const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(text("../README.md")) ?? [];
    const path = fileURLToPath(new URL(`${crypto.randomUUID()}.ts`, import.meta.url));
    await writeFile(path, example);
    try {
      const job = await loadJob(path);
      const options = { signal: AbortSignal.timeout(1000), attempt: 1, token: 5 };
      const value = await job.fetch?.("7", options);
      expect(value).toEqual({ text: "cast 7, try 1, token 5" });
      await job.write?.([{ id: "7", value }], options);
      expect([...((job.ids?.() ?? []) as Iterable<string>)]).toEqual(["7"]);
      await expect(job.fetch?.("666", options)).rejects.toMatchObject({ code: "FLEET_BACKFILL_PERMANENT" });
    } finally {
      await rm(path);
    }
  });
});
