import { eventually, type RedisServer, startRedis } from "@fleet/testkit";
import { systemClock } from "@fleet/time";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { LimitedError } from "../src/index.ts";
import { all, idsFrom, MemorySink, openOn, workerOn } from "./scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

const ten = { source: { kind: "range", from: 1, to: 10 }, chunkSize: 5 } as const;
const throwing = (property: string): Error =>
  Object.defineProperty(new Error("x"), property, {
    get: () => {
      throw new Error("no such thing");
    },
  });
const nothing = Object.create(null) as unknown;

describe.for<[string, unknown]>([
  ["undefined", undefined],
  ["null", null],
  ["a text", "away"],
  ["a number", 7],
  ["a symbol", Symbol("x")],
  ["a record without a prototype", nothing],
  ["an error whose code throws", throwing("code")],
  ["an error whose message throws", throwing("message")],
  ["an error whose cause throws", throwing("cause")],
  ["an error whose isAway throws", throwing("isAway")],
  ["an error with a message that is no text", Object.assign(new Error("x"), { message: 7 })],
  ["an error with a code that is no text", Object.assign(new Error("x"), { code: nothing })],
  ["errors that are null", Object.assign(new Error("x"), { errors: null })],
])("%s", ([, value]) => {
  test("thrown by a fetch burns attempts of that id alone", async () => {
    await using backfill = await openOn(server, ten);
    const sink = new MemorySink();
    await using worker = workerOn(backfill, {
      sink,
      attempts: 2,
      // oxlint-disable-next-line no-throw-literal
      fetch: async (id) => (id === "3" ? Promise.reject(value) : id),
    });
    expect(await worker.start()).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 10).filter((id) => id !== "3"));
    expect(await all(backfill.deadLetters())).toMatchObject([{ id: "3", reason: "attempts", attempts: 2 }]);
  });

  test("thrown by a write, too", async () => {
    await using backfill = await openOn(server, ten);
    const sink = new MemorySink();
    await using worker = workerOn(backfill, {
      attempts: 2,
      sink: {
        write: (records, options) =>
          records.some(({ id }) => id === "3") ? Promise.reject(value) : sink.write(records, options),
      },
    });
    expect(await worker.start()).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 10).filter((id) => id !== "3"));
    expect(await all(backfill.deadLetters())).toMatchObject([{ id: "3", reason: "attempts", attempts: 2 }]);
  });
});

describe("the time of a LimitedError", () => {
  test.for([Date.UTC(2026, 0), 30 * 86_400_000, Infinity])("of %d ms is an hour", (ms) => {
    expect(new LimitedError(ms)).toMatchObject({
      retryAfterMs: 3_600_000,
      message: "asked to come back after 3600000 ms",
    });
  });

  test.for([NaN, -1, "5", null, undefined])("of %s is refused", (ms) => {
    expect(() => new LimitedError(ms as number)).toThrow(
      expect.objectContaining({
        code: "FLEET_BACKFILL_INVALID_OPTION",
        message: expect.stringMatching(/^retryAfterMs must be milliseconds of at least 0, got /) as string,
      }),
    );
  });

  test.for([1e300, Infinity])(
    "of %d ms in an error of one's own is an hour too, and no timer is longer than a timer can be",
    async (retryAfterMs) => {
      const waits: number[] = [];
      const clock = {
        ...systemClock,
        setTimeout: (callback: () => void, ms: number): unknown => {
          waits.push(ms);
          return systemClock.setTimeout(callback, ms);
        },
      };
      await using backfill = await openOn(server, { ...ten, clock });
      await using worker = workerOn(backfill, {
        limits: { hub: 1, requestsPerSecond: 1000 },
        fetch: async () => {
          throw Object.assign(new Error("later"), { code: "FLEET_BACKFILL_LIMITED", retryAfterMs });
        },
      });
      const outcome = worker.start();
      await eventually(() => expect(Math.max(...waits)).toBeGreaterThan(3_000_000));
      expect(Math.max(...waits)).toBeLessThanOrEqual(3_600_000);
      await worker.close({ graceMs: 0 });
      expect(await outcome).toBe("stopped");
    },
  );
});
