import { readFile } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { fuzz } from "./fuzz-campaign.ts";
import { shrunk } from "./shrink.ts";
import { type Sent, Tenants } from "./tenants.ts";

const corpus = JSON.parse(await readFile(new URL("fuzz-corpus.json", import.meta.url), "utf8")) as Sent[][];

describe("tenants through a whole gateway, as users of their own on the server", () => {
  test("20,000 commands: no foreign effect, none denied that is allowed, replies as on a server of their own", async () => {
    const { failures, sent, answered, errors, refused } = await fuzz({ commands: 20_000, seed: 11, corpus });
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(20_000);
    expect(answered - errors).toBeGreaterThan(8000);
    expect(refused).toBeGreaterThan(500);
  }, 300_000);

  test("a difference is seen", async () => {
    await using campaign = await Tenants.open();
    expect(await campaign.run([{ tenant: "shop", command: ["SET", "k", "v"] }])).toEqual({
      fault: undefined,
      answered: 1,
      errors: 0,
      refused: 0,
    });
    // What no two servers agree on, and no list of such commands has.
    const { fault } = await campaign.run([
      { tenant: "shop", command: ["XADD", "stream", "*", "f", "v"] },
      { tenant: "shop", command: ["XRANGE", "stream", "-", "+"] },
    ]);
    expect(fault).toContain("XADD");
  });

  test("a failure is made small", async () => {
    const list = Array.from({ length: 300 }, (_, index) => index);
    const fails = (part: readonly number[]): Promise<boolean> =>
      Promise.resolve(part.includes(17) && part.includes(250));
    expect(await shrunk(list, fails)).toEqual([17, 250]);
  });
});
