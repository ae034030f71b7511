import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { FileStore } from "../src/sinks/file-store.ts";
import { all } from "./parts/all.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-worker-file-"));
});
afterAll(() => rm(folder, { recursive: true }));

const fresh = (): string => join(folder, crypto.randomUUID(), "casts.ndjson");
const at = (
  token: number,
): { readonly signal: AbortSignal; readonly attempt: number; readonly token: number } => ({
  signal: AbortSignal.timeout(10_000),
  attempt: 1,
  token,
});

async function opened(path: string): Promise<FileStore> {
  const store = await FileStore.open(path);
  await store.prepare();
  return store;
}

describe("a file of lines", () => {
  test("has a line per record, and a folder where there was none", async () => {
    const path = fresh();
    {
      await using store = await opened(path);
      await store.write([{ id: 'a"b\n', value: { text: "ü\u2028" } }], at(5));
      await store.write([{ id: "2", value: null }], at(6));
      expect(await all(store.ids())).toEqual(['a"b\n', "2"]);
    }
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 'a"b\n', token: 5, value: { text: "ü\u2028" } },
      { id: "2", token: 6, value: null },
    ]);
  });

  test("keeps writes of the same time apart and in order", async () => {
    await using store = await opened(fresh());
    const ids = Array.from({ length: 200 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => store.write([{ id, value: "x".repeat(Number(id) * 50) }], at(1))));
    expect(await all(store.ids())).toEqual(ids);
  });

  test("is another process's while that has it", async () => {
    const path = fresh();
    {
      await using _store = await opened(path);
      await expect(FileStore.open(path)).rejects.toMatchObject({ code: "FLEET_WORKER_SINK_LOCKED" });
    }
    await using again = await opened(path);
    expect(await all(again.ids())).toEqual([]);
  });

  test("resumes after whatever a dead process left half-written", async () => {
    const path = fresh();
    {
      await using store = await opened(path);
      await store.write([{ id: "1", value: "one" }], at(1));
    }
    const { size } = await stat(path);
    const torn = '{"id":"2","token":2,"value":"two"}';
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: torn.length }), async (length) => {
        await truncate(path, size);
        await appendFile(path, torn.slice(0, length));
        await using store = await opened(path);
        expect((await stat(path)).size).toBe(size);
        await store.write([{ id: "3", value: 3 }], at(3));
        expect(await all(store.ids())).toEqual(["1", "3"]);
      }),
      { seed: 3, numRuns: 30 },
    );
  });

  test("resumes although its first line was torn, wherever", async () => {
    const path = fresh();
    await (await opened(path))[Symbol.asyncDispose]();
    for (const torn of ["{", '{"id":"', '{"id":"1","tok', '{"id":"1","token":1,"value":"one"}']) {
      await writeFile(path, torn);
      await using store = await opened(path);
      expect((await stat(path)).size).toBe(0);
      expect(await all(store.ids())).toEqual([]);
    }
  });

  test("longer than a page finds its last line", async () => {
    const path = fresh();
    {
      await using store = await opened(path);
      await store.write([{ id: "1", value: "one" }], at(1));
      await store.write([{ id: "2", value: "x".repeat(300_000) }], at(1));
    }
    await appendFile(path, `{"id":"3","token":1,"value":"${"y".repeat(200_000)}`);
    await using store = await opened(path);
    expect(await all(store.ids())).toEqual(["1", "2"]);
  });

  test("is not touched when it is something else", async () => {
    const path = fresh();
    await (await opened(path))[Symbol.asyncDispose]();
    for (const other of ["my notes", '{"name":"fleet"}\n', "id,value\n1,one\n", "[1,2]"]) {
      await writeFile(path, other);
      await expect(FileStore.open(path)).rejects.toMatchObject({ code: "FLEET_WORKER_SINK_DIFFERS" });
      expect(await readFile(path, "utf8")).toBe(other);
    }
  });

  test("gives a value up that JSON cannot say, and writes nothing of its batch", async () => {
    await using store = await opened(fresh());
    const batch = [
      { id: "1", value: "one" },
      { id: "2", value: 2n },
    ];
    await expect(store.write(batch, at(1))).rejects.toMatchObject({ code: "FLEET_BACKFILL_PERMANENT" });
    await expect(store.write([{ id: "3", value: () => 1 }], at(1))).rejects.toMatchObject({
      code: "FLEET_BACKFILL_PERMANENT",
    });
    expect(await all(store.ids())).toEqual([]);
  });
});
