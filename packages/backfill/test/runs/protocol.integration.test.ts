import { type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { Backfill, ProtocolMismatchError, type Source } from "../../src/index.ts";
import { connectTo, openOn, thrown, workerOn } from "../scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

interface OldRun {
  readonly source: Source;
  /** What the keys of the run begin with. */
  readonly base: string;
  readonly pointer: object;
  readonly facts: object;
}

const epoch = "7e0a7bd0-2f5c-4f0e-8a39-0f6c1d0d3f11";
const oldRuns: Readonly<Record<string, OldRun>> = {
  range: {
    source: { kind: "range", from: 1, to: 100 },
    base: "bf:{casts}",
    pointer: { kind: "range" },
    facts: { kind: "range", from: 1, to: 100, chunkSize: 10 },
  },
  ids: {
    source: { kind: "ids", ids: ["a", "b"] },
    base: "bf:{casts}",
    pointer: { kind: "ids" },
    facts: {
      kind: "ids",
      count: 2,
      digest: "d56b6e9f3a1d0a3f0c3a4d5a1f6f0c5e3d7a2f0b8c9d1e2f3a4b5c6d7e8f9a0b",
      chunkSize: 10,
    },
  },
  stream: {
    source: { kind: "stream", key: "events", group: "g" },
    base: "bf:{events}:casts",
    pointer: { kind: "stream", key: "events" },
    facts: { kind: "stream", key: "events", group: "g", adoptAfterMs: 60_000, chunkSize: 10 },
  },
  list: {
    source: { kind: "list", key: "jobs" },
    base: "bf:{jobs}:casts",
    pointer: { kind: "list", key: "jobs" },
    facts: { kind: "list", key: "jobs", side: "right", chunkSize: 10 },
  },
};

/** Writes what the first protocol has left of a run: one chunk in flight, one to be tried again, one done, a dead letter. */
async function writeOldRun({ base, pointer, facts }: OldRun): Promise<void> {
  const now = 1_790_000_000_000;
  const total = (facts as { kind: string }).kind === "range" ? "10" : "";
  await server.call("SET", "bf:{casts}:source", JSON.stringify(pointer));
  const meta = { epoch, facts: JSON.stringify(facts), total, state: "running", created: String(now) };
  await server.call("HSET", `${base}:meta`, ...Object.entries(meta).flat(), "pulse", `${now}000`);
  await server.call("SET", `${base}:cursor`, "3");
  await server.call("ZADD", `${base}:lease`, String(now + 10_000), "0");
  await server.call("HSET", `${base}:held`, "0", `${now}000 host:1#aaaa`);
  await server.call("ZADD", `${base}:retry`, String(now), "1");
  await server.call("HSET", `${base}:rest`, "1", '{"c":1,"i":[[3,1,0]]}');
  await server.call("SETBIT", `${base}:done`, "2", "1");
  await server.call("HSET", `${base}:dead`, "1:4", `${now} {"item":{"id":"15"},"reason":"permanent"}`);
  await server.call("SET", `${base}:token`, `${now}000`);
  await server.call("HSET", `${base}:turns`, "host:1#aaaa", `7 {"n":"${now}000","s":"running","a":[0,3]}`);
}

/** Reads the whole value of a key, by its type. A hash has no order. */
const readers: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
  string: (key) => server.call("GET", key),
  hash: async (key) => {
    const flat = (await server.call("HGETALL", key)) as string[];
    return Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]]] : [])));
  },
  zset: (key) => server.call("ZRANGE", key, "0", "-1", "WITHSCORES"),
  list: (key) => server.call("LRANGE", key, "0", "-1"),
  stream: async (key) => [
    await server.call("XRANGE", key, "-", "+"),
    await server.call("XINFO", "GROUPS", key),
  ],
};

/** Every key with its whole value. */
async function everything(): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {};
  for (const key of (await server.call("KEYS", "*")) as string[])
    found[key] = await readers[(await server.call("TYPE", key)) as string]!(key);
  return found;
}

const open = (options: { readonly source?: Source } = {}): Promise<Backfill> =>
  Backfill.open({ connect: connectTo(server), name: "casts", ...options });

describe("a run that was begun before there were protocols", () => {
  test.for(Object.entries(oldRuns))("over a %s is refused, and nothing of it is changed", async ([, old]) => {
    await writeOldRun(old);
    if (old.source.kind === "stream") await server.call("XGROUP", "CREATE", "events", "g", "0", "MKSTREAM");
    if (old.source.kind === "list") await server.call("RPUSH", "jobs", "one");
    const before = await everything();
    for (const options of [{}, { source: old.source }]) {
      const error = await thrown(open(options));
      expect(error).toBeInstanceOf(ProtocolMismatchError);
      expect(error).toMatchObject({
        code: "FLEET_BACKFILL_PROTOCOL_MISMATCH",
        run: "casts",
        found: "1",
        spoken: "2",
        message:
          'run "casts" has protocol 1, this version of @fleet/backfill has protocol 2: finish or purge the run with an older ' +
          "version, the one that began it, or take another name",
      });
    }
    expect(await everything()).toEqual(before);
  });
});

test("a run of a newer protocol is refused, and nothing of it is changed", async () => {
  await using made = await openOn(server);
  await server.call("HSET", "bf:{casts}:meta", "protocol", "17");
  const before = await everything();
  expect(await thrown(open())).toMatchObject({
    code: "FLEET_BACKFILL_PROTOCOL_MISMATCH",
    found: "17",
    message: expect.stringMatching(/has protocol 17, .* has protocol 2: .* with a newer version/),
  });
  expect(await everything()).toEqual(before);
  expect(made.name).toBe("casts");
});

test("a caller that creates a run, and finds one of another protocol at that moment, is refused", async () => {
  // The pointer of the run is lost, so that it is not found before it is created.
  await writeOldRun(oldRuns["range"]!);
  await server.call("DEL", "bf:{casts}:source");
  const { "bf:{casts}:meta": before } = await everything();
  expect(await thrown(open({ source: oldRuns["range"]!.source }))).toMatchObject({
    code: "FLEET_BACKFILL_PROTOCOL_MISMATCH",
  });
  expect((await everything())["bf:{casts}:meta"]).toEqual(before);
});

test("a version from before protocols finds nothing that it could open: it reads `facts`, and there is none", async () => {
  await using made = await openOn(server);
  await using worker = workerOn(made);
  await worker.start();
  const [oldEpoch, facts] = (await server.call("HMGET", "bf:{casts}:meta", "epoch", "facts")) as string[];
  expect([oldEpoch, facts]).toEqual([made.epoch, null]);
  expect(await server.call("HGET", "bf:{casts}:meta", "protocol")).toBe("2");
});

test("under another name the same work begins beside the old run", async () => {
  await writeOldRun(oldRuns["range"]!);
  const before = await everything();
  await using backfill = await openOn(server, { name: "casts-2" });
  await using worker = workerOn(backfill);
  expect(await worker.start()).toBe("complete");
  expect(await everything()).toMatchObject(before);
});

test("a run whose description is lost in part is not begun anew", async () => {
  await using made = await openOn(server);
  await server.call("HDEL", "bf:{casts}:meta", "definition");
  const before = await everything();
  expect(await thrown(openOn(server))).toMatchObject({ code: "FLEET_BACKFILL_EPOCH" });
  expect(await everything()).toEqual(before);
  expect(made.name).toBe("casts");
});
