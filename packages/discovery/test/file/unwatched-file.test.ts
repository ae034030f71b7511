import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FakeClock, eventually } from "@fleet/testkit";
import { expect, test, vi } from "vitest";

import { FileSource } from "../../src/index.ts";
import type { Instance } from "../../src/index.ts";

vi.mock(import("node:fs"), async (original) => ({
  ...(await original()),
  // What the kernel says when its limit of watches is reached.
  watch: () => {
    throw Object.assign(new Error("ENOSPC: System limit for number of file watchers reached"), {
      code: "ENOSPC",
    });
  },
}));

test("a file that cannot be watched is read all the same, says so, and is read again at each resync", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fleet-unwatched-file-"));
  const path = join(folder, "fleet.yaml");
  const write = (name: string): Promise<void> =>
    writeFile(path, `instances: [{ name: ${name}, endpoints: [{ host: h, port: 1 }] }]\n`);
  const clock = new FakeClock();
  const source = new FileSource({ path, clock });
  const sets: (readonly Instance[])[] = [];
  const failures: unknown[] = [];
  try {
    await write("a");
    const sink = {
      replace: (set: readonly Instance[]) => void sets.push(set),
      fail: (error: unknown) => void failures.push(error),
    };
    await source.start(sink, { signal: new AbortController().signal });
    expect(sets.at(-1)?.[0]?.name).toBe("a");
    expect(failures).toMatchObject([
      { code: "FLEET_DISCOVERY_FILE_UNWATCHED", cause: { code: "ENOSPC" }, path },
    ]);
    await write("b");
    await eventually(() => expect(clock.pending).toBe(1));
    await clock.advance(30_000);
    await eventually(() => expect(sets.at(-1)?.[0]?.name).toBe("b"));
    expect(failures).toHaveLength(2);
  } finally {
    await source.close();
    await rm(folder, { recursive: true });
  }
});
