import type { CallOptions } from "@fleet/backfill";
import { eventually, startFaultProxy } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { PooledDatabase } from "../src/sinks/pooled-database.ts";
import { PostgresStore } from "../src/sinks/postgres-store.ts";
import { all } from "./parts/all.ts";
import { type PostgresServer, postgresAvailable, startPostgres } from "./start-postgres.ts";

const missing = postgresAvailable();
let server: PostgresServer;
beforeAll(async () => {
  if (missing === undefined) server = await startPostgres({ max_connections: 12 });
});
afterAll(() => server?.[Symbol.asyncDispose]());

const at = (token: number, signal = AbortSignal.timeout(10_000)): CallOptions => ({
  signal,
  attempt: 1,
  token,
});

function open(table: string, url = server.url, max = 2): Promise<PostgresStore> {
  return PostgresStore.open(new PooledDatabase({ url, max, timeoutMs: 2000 }), {
    table,
    run: "casts",
    lookMs: 50,
  });
}

const table = (): string => `t${crypto.randomUUID().replaceAll("-", "")}`;

// Told for each test, with the reason, where there is no Postgres.
describe("a Postgres server", () => {
  test.beforeEach((context) => {
    if (missing !== undefined) context.skip(missing);
  });

  test("gets its table when the store is prepared, not when it is opened", async () => {
    const name = table();
    await using store = await open(name);
    expect(await server.query(`select to_regclass('${name}') as found`)).toEqual([{ found: null }]);
    expect(await all(store.ids())).toEqual([]);
    await store.prepare();
    await store.write([{ id: "1", value: { a: 1 } }], at(1));
    expect(await server.query(`select run, id, value, token::int from ${name}`)).toEqual([
      { run: "casts", id: "1", value: { a: 1 }, token: 1 },
    ]);
  });

  test("lets many workers make the table in the same moment", async () => {
    const name = table();
    const stores = await Promise.all(Array.from({ length: 6 }, () => open(name, server.url, 1)));
    await Promise.all(stores.map((store) => store.prepare()));
    expect(await server.query(`select count(*)::int as rows from ${name}`)).toEqual([{ rows: 0 }]);
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
  });

  test.for([
    [
      "another type",
      "run text, id int, value jsonb, token bigint, written_at timestamptz, primary key (run, id)",
      /id is integer, not text$/,
    ],
    [
      "no token",
      "run text, id text, value jsonb, written_at timestamptz, primary key (run, id)",
      /token is missing \(bigint\)$/,
    ],
    [
      "no key",
      "run text, id text, value jsonb, token bigint, written_at timestamptz",
      /no unique index on \(run, id\)$/,
    ],
    [
      "the key of one",
      "run text, id text primary key, value jsonb, token bigint, written_at timestamptz",
      /no unique index on \(run, id\)$/,
    ],
    [
      "a demand",
      "run text, id text, value jsonb, token bigint, written_at timestamptz, author text not null, primary key (run, id)",
      /author demands a value$/,
    ],
  ] as const)("refuses a table with %s, and leaves it alone", async ([, columns, message]) => {
    const name = table();
    await server.query(`create table ${name} (${columns})`);
    await expect(open(name)).rejects.toMatchObject({
      code: "FLEET_WORKER_SINK_DIFFERS",
      message: expect.stringMatching(message) as string,
    });
  });

  test("takes a table that has more, in a schema and with capital letters", async () => {
    await server.query('create schema "Shop"');
    await server.query(
      'create table "Shop"."Casts" (id text, run text, value jsonb, token bigint, written_at timestamptz default now(), note text, n int not null default 0, unique (id, run))',
    );
    await using store = await open("Shop.Casts");
    await store.prepare();
    await store.write([{ id: "1", value: 1 }], at(1));
    expect(await all(store.ids())).toEqual(["1"]);
  });

  test("refuses a user who may not write, before anything is claimed", async () => {
    const name = table();
    await using store = await open(name);
    await store.prepare();
    await server.query(`create role reader login; grant select on ${name} to reader`);
    const url = server.url.replace("fleet@", "reader@");
    await expect(open(name, url)).rejects.toMatchObject({
      code: "FLEET_WORKER_SINK_REFUSED",
      message: `table ${name}: this user may not insert, update`,
    });
    await using other = await open(table(), url);
    await expect(other.prepare()).rejects.toMatchObject({ code: "FLEET_WORKER_SINK_REFUSED" });
  });

  test("that is not there, or has no such database, is told with a code", async () => {
    await expect(open("t", "postgres://fleet@127.0.0.1:1/postgres")).rejects.toMatchObject({
      code: "FLEET_WORKER_SINK_UNREACHABLE",
    });
    await expect(open("t", server.url.replace("/postgres", "/none"))).rejects.toMatchObject({
      code: "FLEET_WORKER_SINK_REFUSED",
      message: 'Postgres refuses: database "none" does not exist',
    });
  });

  test("gives up the record that it cannot store, and no other", async () => {
    const name = table();
    await using store = await open(name);
    await store.prepare();
    await expect(store.write([{ id: "1", value: "a\u0000b" }], at(1))).rejects.toMatchObject({
      code: "FLEET_BACKFILL_PERMANENT",
    });
    await expect(store.write([{ id: "\u0000", value: 1 }], at(1))).rejects.toMatchObject({
      code: "FLEET_BACKFILL_PERMANENT",
    });
    await store.write([{ id: "2", value: "fine" }], at(1));
    expect(await all(store.ids())).toEqual(["2"]);
  });

  test("whose table is gone is a fault of the database, not of the record", async () => {
    const name = table();
    await using store = await open(name);
    await store.prepare();
    await server.query(`drop table ${name}`);
    await expect(store.write([{ id: "1", value: 1 }], at(1))).rejects.toMatchObject({ code: "42P01" });
  });

  test("that crashes and comes back is written to again", async () => {
    const name = table();
    await using store = await open(name);
    await store.prepare();
    await store.write([{ id: "1", value: 1 }], at(1));
    await server.kill();
    await expect(store.write([{ id: "2", value: 2 }], at(2))).rejects.toThrow(/ECONNREFUSED|terminated/);
    await server.restart();
    await store.write([{ id: "2", value: 2 }], at(2));
    expect(await all(store.ids())).toEqual(["1", "2"]);
  });

  test("half open costs the write its time, not the next one", async () => {
    const name = table();
    await using proxy = await startFaultProxy(server);
    await using store = await open(name, server.url.replace(String(server.port), String(proxy.port)));
    await store.prepare();
    proxy.inject({ kind: "halfOpen" });
    await expect(store.write([{ id: "1", value: 1 }], at(1, AbortSignal.timeout(200)))).rejects.toThrow(
      /terminated|ended/,
    );
    proxy.heal();
    await store.write([{ id: "1", value: 1 }], at(1));
  });

  test("answers a caller that left with nothing in anybody's way", async () => {
    const name = table();
    await using store = await open(name);
    await store.prepare();
    await using locker = await lock(name);
    const left = new AbortController();
    const writes = Array.from({ length: 5 }, (_, index) =>
      store.write([{ id: String(index), value: 1 }], at(1, left.signal)).then(
        () => "written",
        () => "left",
      ),
    );
    await eventually(() => expect(store.pressure()).toBe(1));
    left.abort(new Error("the lease is lost"));
    await locker[Symbol.asyncDispose]();
    expect(new Set(await Promise.all(writes))).toEqual(new Set(["left"]));
    await store.write([{ id: "1", value: 1 }], at(2));
    expect(store.pressure()).toBeLessThan(0.9);
  });

  test("short of connections is hard pressed, whoever has them", async () => {
    await using store = await open(table());
    await store.prepare();
    const others = await Promise.all(Array.from({ length: 6 }, () => lock()));
    await eventually(() => expect(store.pressure()).toBeGreaterThanOrEqual(0.5));
    await Promise.all(others.map((other) => other[Symbol.asyncDispose]()));
  });
});

/** A connection that somebody else has; with a table, nobody else can write to it meanwhile. */
async function lock(name?: string): Promise<AsyncDisposable> {
  const { Client } = await import("pg");
  const client = new Client({ connectionString: server.url });
  client.on("error", () => "the server may be gone first");
  await client.connect();
  if (name !== undefined) await client.query(`begin; lock table ${name}`);
  let isOpen = true;
  return {
    [Symbol.asyncDispose]: async () => {
      if (isOpen) await client.end();
      isOpen = false;
    },
  };
}
