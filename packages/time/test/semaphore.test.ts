import { array, assert, asyncProperty, boolean, integer, record, scheduler as scheduling } from "fast-check";
import { describe, expect, test } from "vitest";

import { Semaphore } from "../src/index.ts";

describe("a semaphore", () => {
  test.for([0, -1, 1.5, Number.NaN, "2" as unknown as number])("refuses a limit of %j", (limit) => {
    expect(() => new Semaphore(limit)).toThrow(`limit must be a positive integer, got ${String(limit)}`);
  });

  test("hands a place to the first that waits, not to a newcomer", async () => {
    const semaphore = new Semaphore(1);
    const order: string[] = [];
    const first = await semaphore.acquire();
    const waits = semaphore.acquire().then(() => order.push("waits"));
    first[Symbol.dispose]();
    const newcomer = semaphore.acquire().then(() => order.push("newcomer"));
    await waits;
    expect([order, semaphore.waiting]).toEqual([["waits"], 1]);
    void newcomer;
  });

  test("a caller that leaves has no place and takes none", async () => {
    const semaphore = new Semaphore(1);
    const place = await semaphore.acquire();
    const leaving = new AbortController();
    const left = semaphore.acquire(leaving.signal);
    leaving.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    await expect(semaphore.acquire(leaving.signal)).rejects.toThrow("left");
    expect(semaphore.waiting).toBe(0);
    place[Symbol.dispose]();
    using _again = await semaphore.acquire();
  });

  test("holds its limit whatever callers do, and ends with every place free", async () => {
    const caller = record({ leaves: boolean(), releases: integer({ min: 1, max: 2 }) });
    await assert(
      asyncProperty(
        scheduling(),
        integer({ min: 1, max: 4 }),
        array(caller, { minLength: 1, maxLength: 20 }),
        async (scheduler, limit, callers) => {
          const semaphore = new Semaphore(limit);
          let held = 0;
          let most = 0;
          const wrong: unknown[] = [];
          const runs = callers.map(async ({ leaves, releases }, index) => {
            const leaving = new AbortController();
            if (leaves)
              void scheduler.schedule(Promise.resolve(), `${index} leaves`).then(() => leaving.abort());
            await scheduler.schedule(Promise.resolve(), `${index} comes`);
            try {
              const place = await semaphore.acquire(leaving.signal);
              held += 1;
              most = Math.max(most, held);
              await scheduler.schedule(Promise.resolve(), `${index} is done`);
              held -= 1;
              // A second time is without effect.
              for (let time = 0; time < releases; time += 1) place[Symbol.dispose]();
            } catch (error) {
              if (error !== leaving.signal.reason) wrong.push(error);
            }
          });
          await scheduler.waitFor(Promise.all(runs));
          expect(most).toBeLessThanOrEqual(limit);
          expect([held, semaphore.waiting, wrong]).toEqual([0, 0, []]);
          await Promise.all(Array.from({ length: limit }, () => semaphore.acquire()));
        },
      ),
    );
  });
});
