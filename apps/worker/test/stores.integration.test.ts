import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CallOptions } from "@fleet/backfill";
import { startRedis, type RedisServer } from "@fleet/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { loadConfig } from "../src/config/config.ts";
import { exclusive } from "../src/sinks/exclusive.ts";
import { openStore } from "../src/sinks/open-store.ts";
import type { Store } from "../src/sinks/store.ts";
import { all } from "./parts/all.ts";
import { type PostgresServer, postgresAvailable, startPostgres } from "./start-postgres.ts";

const noPostgres = postgresAvailable();
let folder: string;
let redis: RedisServer;
let postgres: PostgresServer | undefined;
beforeAll(async () => {
  [folder, redis, postgres] = await Promise.all([
    mkdtemp(join(tmpdir(), "fleet-worker-stores-")),
    startRedis(),
    noPostgres === undefined ? startPostgres() : undefined,
  ]);
});
afterAll(async () => {
  await Promise.all([redis.close(), postgres?.[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true });
});

const at = (token: number, signal = AbortSignal.timeout(10_000)): CallOptions => ({
  signal,
  attempt: 1,
  token,
});

async function open(sink: string, name: string): Promise<Store> {
  const { config } = await loadConfig({ flags: { sink, name }, environment: {} });
  const store = await openStore(config);
  await store.prepare();
  return store;
}

const sinks: readonly [string, () => string | undefined][] = [
  ["an embedded Postgres", () => `pglite:${join(folder, "data")}`],
  ["Postgres", () => postgres?.url],
  ["Redis", () => `redis://${redis.host}:${redis.port}`],
  ["a file", () => `ndjson:${join(folder, "records.ndjson")}`],
];

describe.for(sinks)("%s as a sink", ([, url]) => {
  let name: string;
  let store: Store;
  const sink = (context: { skip: (reason: string) => never }): string => url() ?? context.skip(noPostgres!);
  beforeAll(async () => {
    name = crypto.randomUUID();
    const where = url();
    if (where !== undefined) store = await open(where, name);
  });
  afterAll(() => store?.[Symbol.asyncDispose]());

  test("has what was written, once, in whatever order it came", async (context) => {
    sink(context);
    await store.write(
      [
        { id: "2", value: { text: "ü ' \" \\ \u2028" } },
        { id: "10", value: [1, null] },
      ],
      at(1),
    );
    await store.write(
      [
        { id: "a/b *?", value: "x" },
        { id: "2", value: "again" },
      ],
      at(2),
    );
    expect([...new Set(await all(store.ids()))].toSorted()).toEqual(["10", "2", "a/b *?"]);
  });

  test("takes an id that stands twice in a batch", async (context) => {
    sink(context);
    await store.write(
      [
        { id: "twice", value: 1 },
        { id: "twice", value: 2 },
      ],
      at(3),
    );
    expect(await all(store.ids())).toContain("twice");
  });

  test("takes many writes at a time that touch the same ids", async (context) => {
    sink(context);
    const ids = Array.from({ length: 200 }, (_, index) => `same-${index}`);
    const writes = Array.from({ length: 16 }, (_, index) => {
      const order = index % 2 === 0 ? ids : ids.toReversed();
      return store.write(
        order.map((id) => ({ id, value: index })),
        at(10 + index),
      );
    });
    await Promise.all(writes);
    expect(new Set(await all(store.ids()))).toEqual(new Set([...(await all(store.ids())), ...ids]));
  });

  test("gives up a value that cannot be stored, and stores nothing of its batch", async (context) => {
    sink(context);
    const batch = [
      { id: "good", value: 1 },
      { id: "bad", value: 10n },
    ];
    await expect(store.write(batch, at(4))).rejects.toMatchObject({ code: "FLEET_BACKFILL_PERMANENT" });
    expect(await all(store.ids())).not.toContain("good");
  });

  test("has ids of its own run only, and can be opened again", async (context) => {
    const where = sink(context);
    await store[Symbol.asyncDispose]();
    if (!where.startsWith("ndjson:")) {
      await using other = await open(where, `${name}-other`);
      const [first] = await all(other.ids());
      if (first !== undefined) throw new Error(`it has ${first} of another run`);
    }
    store = await open(where, name);
    expect(await all(store.ids())).toContain("twice");
  });

  test("is not hard pressed while nothing happens", (context) => {
    sink(context);
    expect(store.pressure()).toBeLessThan(0.5);
  });
});

describe("a late write with an older token changes nothing", () => {
  test("in Postgres", async (context) => {
    const server = postgres ?? context.skip(noPostgres);
    await using store = await open(server.url, "fence");
    await store.write([{ id: "1", value: "new" }], at(9));
    await store.write(
      [
        { id: "1", value: "late" },
        { id: "2", value: "two" },
      ],
      at(8),
    );
    const rows = await server.query(
      "select id, value, token::int from fleet_records where run = 'fence' order by id",
    );
    expect(rows).toEqual([
      { id: "1", value: "new", token: 9 },
      { id: "2", value: "two", token: 8 },
    ]);
    await store.write([{ id: "1", value: "again" }], at(9));
    expect(await server.query("select value from fleet_records where run = 'fence' and id = '1'")).toEqual([
      { value: "again" },
    ]);
  });

  test("in Redis", async () => {
    await using store = await open(`redis://${redis.host}:${redis.port}`, "fence[*]");
    await store.write([{ id: "1", value: "new" }], at(1_795_626_482_649_598));
    await store.write(
      [
        { id: "1", value: "late" },
        { id: "2", value: "two" },
      ],
      at(8),
    );
    const client = new Redis(redis.port);
    expect(await client.hgetall("fleet:record:fence[*]:1")).toEqual({
      value: '"new"',
      token: "1795626482649598",
    });
    expect((await all(store.ids())).toSorted()).toEqual(["1", "2"]);
    client.disconnect();
  });
});

test("a Redis that is not there, or wants a password, is told with a code", async () => {
  await expect(open("redis://127.0.0.1:1", "none")).rejects.toMatchObject({
    code: "FLEET_WORKER_SINK_UNREACHABLE",
    message: expect.stringContaining("ECONNREFUSED") as string,
  });
  await using locked = await startRedis({ password: "secret" });
  await expect(open(`redis://${locked.host}:${locked.port}`, "none")).rejects.toMatchObject({
    code: "FLEET_WORKER_SINK_UNREACHABLE",
    message: expect.stringContaining("NOAUTH") as string,
  });
});

test("an embedded Postgres is one process's", async () => {
  const place = join(folder, "alone");
  using _other = exclusive(place);
  await expect(open(`pglite:${place}`, "alone")).rejects.toMatchObject({ code: "FLEET_WORKER_SINK_LOCKED" });
});
