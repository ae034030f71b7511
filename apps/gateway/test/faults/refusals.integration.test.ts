import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { connect } from "node:net";

import { sentinelConnect } from "@fleet/client";
import { SentinelSource } from "@fleet/discovery";
import { eventually, startRedis, startReplication, startSentinel } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { at, openGateway } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";
import { Counting, expectExact } from "./counting.ts";

const breakerOf = (gateway: OpenGateway): unknown =>
  gateway.fleet.stats.instances[0]!.endpoints[0]!.breaker?.name;

test("a full Redis refuses writes, answers reads, and the breaker stays closed", async () => {
  await using redis = await startRedis();
  await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
  await gateway.ask("/set/k/v");
  await redis.call("CONFIG", "SET", "maxmemory", "1");
  for (let call = 0; call < 20; call += 1) {
    const { status, headers, json } = await gateway.ask("/set/more/v");
    expect([status, json]).toMatchObject([507, { error: expect.stringMatching(/^OOM /) }]);
    expect(headers.get("retry-after")).toBe("1");
    expect((await gateway.ask("/get/k")).json).toEqual({ result: "v" });
  }
  expect(breakerOf(gateway)).toBe("closed");
  await redis.call("CONFIG", "SET", "maxmemory", "0");
  expect((await gateway.ask("/set/more/v")).json).toEqual({ result: "OK" });
});

test("a Redis that loads its data says so, and is no failure: it serves as soon as it can", async () => {
  await using redis = await startRedis({
    config: {
      save: "3600 1000000",
      "key-load-delay": "2000",
      "loading-process-events-interval-bytes": "1024",
    },
  });
  await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
  const keys = Array.from({ length: 500 }, (_, index) => [`k${index}`, "v".repeat(100)]).flat();
  await redis.call("MSET", ...keys);
  await redis.call("SAVE");
  await redis.kill();
  const restarted = redis.restart();
  const texts = new Set<unknown>();
  await eventually(
    async () => {
      const { status, headers, json } = await gateway.ask("/get/k1");
      if (status === 503) texts.add((json as { readonly error: string }).error.split(" ")[0]);
      expect(Number(headers.get("retry-after")) >= 1 || status === 200).toBe(true);
      expect([...texts]).toContain("LOADING");
      expect(status).toBe(200);
    },
    { timeoutMs: 15_000 },
  );
  await restarted;
  await eventually(async () => {
    expect((await gateway.ask("/get/k1")).status).toBe(200);
    // What was refused before the server listened has opened it.
    expect(breakerOf(gateway)).toBe("closed");
  });
});

describe("Redis refuses by its state, and says so", () => {
  test("MISCONF: a disk that cannot be written to leaves reads", async () => {
    await using redis = await startRedis({ config: { save: "3600 1", dbfilename: "x.rdb" } });
    await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
    await gateway.ask("/set/k/v");
    // No snapshot can take the place of a folder.
    await mkdir(`${redis.folder}/x.rdb`);
    await redis.call("BGSAVE");
    await eventually(async () => {
      const { json } = await gateway.ask("/set/k/w");
      expect(json).toMatchObject({ error: expect.stringMatching(/^MISCONF /) });
    });
    expect((await gateway.ask("/get/k")).status).toBe(200);
    expect(breakerOf(gateway)).toBe("closed");
  });

  test("NOREPLICAS: writes wait for replicas, reads do not", async () => {
    await using redis = await startRedis({ config: { "min-replicas-to-write": "1" } });
    await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
    const { status, headers, json } = await gateway.ask("/set/k/v");
    expect([status, json]).toEqual([503, { error: expect.stringMatching(/^NOREPLICAS /) }]);
    expect(headers.get("retry-after")).toBe("1");
    expect((await gateway.ask("/get/k")).status).toBe(200);
    expect(breakerOf(gateway)).toBe("closed");
  });

  test("READONLY: what was the primary refuses writes, and none is executed", async () => {
    await using replication = await startReplication({ replicas: 1 });
    const [replica] = replication.replicas;
    await using gateway = await openGateway({
      instances: [{ name: "orders", endpoints: [{ ...at(replica!), role: "primary" }] }],
      fleet: { failoverMs: 0 },
    });
    const { status, headers } = await gateway.ask("/set/k/v");
    expect(status).toBe(503);
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await replication.primary.call("EXISTS", "k")).toBe(0);
  });
});

describe("credentials", () => {
  test("change with two passwords valid, and connections are cut: no call fails", async () => {
    await using redis = await startRedis({ acl: ["user default off", "user fleet on >first ~* &* +@all"] });
    let password = "first";
    await using gateway = await openGateway({
      instances: [
        { name: "orders", endpoints: [at(redis)], credentials: { username: "fleet", password: "env:X" } },
      ],
      fleet: { credentials: async () => ({ username: "fleet", password }) },
    });
    const load = new Counting(gateway, { path: "/get/k" });
    await eventually(() => expect(load.ok).toBeGreaterThan(50));
    await redis.call("ACL", "SETUSER", "fleet", ">second");
    password = "second";
    await redis.call("CLIENT", "KILL", "USER", "fleet");
    await redis.call("ACL", "SETUSER", "fleet", "<first");
    const before = load.ok;
    await eventually(() => expect(load.ok).toBeGreaterThan(before + 50));
    expect(await load.end()).toMatchObject({ unknown: 0, refused: new Map() });
  });

  test("that are wrong are no storm of dials, and right ones are found", async () => {
    await using redis = await startRedis({ password: "right" });
    let password = "wrong";
    await using gateway = await openGateway({
      instances: [{ name: "orders", endpoints: [at(redis)], credentials: { password: "env:X" } }],
      fleet: { credentials: async () => ({ password }) },
    });
    const load = new Counting(gateway, { callers: 2, path: "/get/k" });
    await eventually(() => expect(load.refused).toBeGreaterThan(200));
    expect(gateway.fleet.stats.instances[0]!.endpoints[0]!.pool!.shared.dials).toBeLessThan(20);
    password = "right";
    await eventually(() => expect(load.ok).toBeGreaterThan(20), { timeoutMs: 15_000 });
    await load.end();
  });
});

test("a script that does not end keeps its instance only, and is not killed by the gateway", async () => {
  await using redis = await startRedis({ config: { "busy-reply-threshold": "50" } });
  await using other = await startRedis();
  await using gateway = await openGateway({
    instances: [
      { name: "orders", endpoints: [at(redis)] },
      { name: "elsewhere", endpoints: [at(other)] },
    ],
    fleet: { timeoutMs: 300 },
  });
  await gateway.ask("/set/n/0");
  const others = new Counting(gateway, { callers: 1, path: "/redis/elsewhere/incr/n" });
  const load = new Counting(gateway);
  await eventually(() => expect(load.ok).toBeGreaterThan(20));
  const script = gateway.ask("/", { method: "POST", body: '["EVAL","while true do end","0"]' });
  await eventually(() => expect(load.refused + load.unknown).toBeGreaterThan(20));
  expect((await script).status).toBeGreaterThanOrEqual(503);
  await expect(redis.call("PING")).rejects.toThrow(/^BUSY/);
  await redis.call("SCRIPT", "KILL");
  const before = load.ok;
  await eventually(() => expect(load.ok).toBeGreaterThan(before + 20), { timeoutMs: 15_000 });
  expectExact(await load.end(), Number(await redis.call("GET", "n")));
  expect(await others.end()).toMatchObject({ unknown: 0, refused: new Map() });
});

test("no room for another client: dials are few, and calls are answered once there is room", async () => {
  await using redis = await startRedis({ config: { maxclients: "1" } });
  const taken = connect(redis.port, redis.host);
  await once(taken, "connect");
  taken.write("PING\r\n");
  await once(taken, "data");
  await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
  const load = new Counting(gateway, { callers: 2, path: "/get/k" });
  await eventually(() => expect(load.refused).toBeGreaterThan(200));
  expect(gateway.fleet.stats.instances[0]!.endpoints[0]!.pool!.shared.dials).toBeLessThan(20);
  taken.destroy();
  await eventually(() => expect(load.ok).toBeGreaterThan(20), { timeoutMs: 15_000 });
  await load.end();
});

test("Sentinel promotes a replica and the old primary comes back: no answered write is on the wrong side", async () => {
  await using set = await startSentinel({ name: "orders", replicas: 1, downAfterMs: 200 });
  const [replica] = set.replicas;
  await using gateway = await openGateway({
    instances: [],
    fleet: {
      sources: [new SentinelSource({ sentinels: set.sentinels.map(at), connect: sentinelConnect({}) })],
    },
  });
  await gateway.ask("/set/n/0");
  const load = new Counting(gateway);
  await eventually(() => expect(load.ok).toBeGreaterThan(20));
  await set.primary.call("WAIT", "1", "1000");
  set.primary.pause();
  await eventually(
    async () => expect(String(((await replica!.call("ROLE")) as unknown[])[0])).toBe("master"),
    {
      timeoutMs: 15_000,
    },
  );
  const atPromotion = load.ok;
  await eventually(() => expect(load.ok).toBeGreaterThan(atPromotion + 50), { timeoutMs: 15_000 });
  set.primary.resume();
  await eventually(
    async () => expect(String(((await set.primary.call("ROLE")) as unknown[])[0])).toBe("slave"),
    { timeoutMs: 15_000 },
  );
  const atReturn = load.ok;
  await eventually(() => expect(load.ok).toBeGreaterThan(atReturn + 50), { timeoutMs: 15_000 });
  const ends = await load.end();
  const counter = Number(await replica!.call("GET", "n"));
  // What the old primary answered and did not hand on before it was stopped is lost: replication is asynchronous.
  expect(counter).toBeGreaterThanOrEqual(ends.ok - 4);
  expect(counter).toBeLessThanOrEqual(ends.ok + ends.unknown);
});
