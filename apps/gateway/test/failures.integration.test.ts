import { eventually, startFaultProxy, startRedis } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { at, openGateway } from "./open-gateway.ts";
import type { OpenGateway } from "./open-gateway.ts";

const post = (gateway: OpenGateway, path: string, body: string): ReturnType<OpenGateway["ask"]> =>
  gateway.ask(path, { method: "POST", body });

test("a Redis that is away does not keep the gateway from starting, and is found when it comes", async () => {
  await using redis = await startRedis();
  await redis.kill();
  await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
  expect((await gateway.admin("/readyz")).status).toBe(200);
  for (const ask of [
    () => gateway.ask("/get/k"),
    () => gateway.ask("/set/k/v"),
    () => post(gateway, "/pipeline", '[["GET","k"]]'),
    () => post(gateway, "/multi-exec", '[["SET","k","v"]]'),
  ]) {
    const { status, headers, json, text } = await ask();
    expect(status).toBe(503);
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(json).toMatchObject({
      error: expect.stringMatching(/^ERR /),
      code: expect.stringMatching(/^FLEET_/),
    });
    expect(text).not.toContain(String(redis.port));
  }
  const { json } = await gateway.admin("/v1/instances", "admin");
  expect(json).toMatchObject({ instances: [{ endpoints: [{ health: { status: "unhealthy" } }] }] });
  await redis.restart();
  await eventually(async () => expect((await gateway.ask("/set/k/v")).json).toEqual({ result: "OK" }));
});

test("an instance that is known and has no endpoint is not available, which is not unknown", async () => {
  const more = { labels: {}, state: "ready", reads: "primary", endpoints: [] } as const;
  await using gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [{ host: "127.0.0.1", port: 1 }] }],
    fleet: {
      sources: [
        {
          name: "hand",
          start: async (sink) =>
            sink.replace([
              { ...more, name: "empty", uid: "1", group: "empties" },
              { ...more, name: "spread", uid: "2", cluster: true },
            ]),
          close: async () => {},
        },
      ],
    },
  });
  for (const [name, reason] of [
    ["empty", "no-endpoints"],
    ["empties", "no-endpoints"],
    ["spread", "cluster"],
  ] as const) {
    const { status, headers, json } = await gateway.ask(`/redis/${name}/get/k`);
    expect(status).toBe(503);
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(json).toEqual({
      error: `ERR the instance is not available (${reason})`,
      code: "FLEET_ROUTER_NO_TARGET",
      outcome: "not-sent",
    });
  }
  expect((await gateway.ask("/redis/nobody/get/k")).status).toBe(404);
});

test("a write whose connection was cut has an unknown outcome, and is said so", async () => {
  await using redis = await startRedis();
  await using proxy = await startFaultProxy(redis);
  await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(proxy)] }] });
  await gateway.ask("/set/n/1");
  redis.pause();
  const asked = gateway.ask("/incr/n");
  await eventually(() => expect(gateway.fleet.stats.instances[0]!.endpoints[0]!.inFlight).toBe(1));
  proxy.cut();
  expect(await asked).toMatchObject({
    status: 504,
    json: { code: "FLEET_POOL_CONNECTION_LOST", outcome: "unknown", error: expect.stringMatching(/^ERR /) },
  });
  redis.resume();
});

test("a Redis that hangs is answered for in time, and its late reply reaches nobody", async () => {
  await using redis = await startRedis();
  await using gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)] }],
    fleet: { timeoutMs: 200, retries: 0 },
  });
  await redis.call("MSET", "a", "of-a", "b", "of-b");
  await gateway.ask("/get/a");
  redis.pause();
  const [read, write, batch] = await Promise.all([
    gateway.ask("/get/a"),
    gateway.ask("/incr/n"),
    post(gateway, "/pipeline", '[["GET","a"],["INCR","n"]]'),
  ]);
  expect(read).toMatchObject({ status: 504, json: { code: "FLEET_POOL_COMMAND_TIMEOUT" } });
  expect(write).toMatchObject({ status: 504, json: { outcome: "unknown" } });
  expect(batch).toMatchObject({ status: 504, json: { outcome: "unknown" } });
  redis.resume();
  await eventually(async () => expect((await gateway.ask("/get/b")).status).toBe(200));
  for (let round = 0; round < 20; round += 1)
    expect((await gateway.ask(`/get/${round % 2 === 0 ? "a" : "b"}`)).json).toEqual({
      result: round % 2 === 0 ? "of-a" : "of-b",
    });
});

test("a full pool refuses at once, with when to come back", async () => {
  await using redis = await startRedis();
  await using gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)] }],
    fleet: { pool: { flush: "poll", maxInFlight: 2 }, timeoutMs: 1000, retries: 0 },
  });
  await gateway.ask("/set/k/v");
  redis.pause();
  const held = [gateway.ask("/get/k"), gateway.ask("/get/k")];
  await eventually(() => expect(gateway.fleet.stats.instances[0]!.endpoints[0]!.inFlight).toBe(2));
  const shed = await gateway.ask("/get/k");
  expect(shed).toMatchObject({ status: 503, json: { code: "FLEET_POOL_EXHAUSTED" } });
  expect(shed.headers.get("retry-after")).toBe("1");
  redis.resume();
  for (const answer of await Promise.all(held)) expect(answer.json).toEqual({ result: "v" });
});

test("wrong credentials are the gateway's fault, and are not shown", async () => {
  await using redis = await startRedis({ password: "right-password" });
  await using gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)], credentials: { password: "env:X" } }],
    fleet: { credentials: () => Promise.resolve({ password: "CANARY-wrong-password" }) },
  });
  const answer = await gateway.ask("/get/k");
  expect(answer).toMatchObject({
    status: 502,
    json: {
      error: "ERR the gateway has no valid credentials for the instance",
      code: "FLEET_POOL_AUTHENTICATION",
    },
  });
  expect(gateway.log.join("")).not.toContain("CANARY");
  expect((await gateway.admin("/v1/instances", "admin")).text).not.toContain("CANARY");
  expect((await gateway.admin("/metrics")).text).not.toContain("CANARY");
});

describe("a client that leaves", () => {
  test("while Redis works for it disturbs nobody", async () => {
    await using redis = await startRedis();
    await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
    await gateway.ask("/set/k/v");
    redis.pause();
    const leaving = new AbortController();
    const left = Array.from({ length: 8 }, (_, index) =>
      gateway
        .ask(index % 2 === 0 ? "/incr/n" : "/multi-exec", {
          signal: leaving.signal,
          ...(index % 2 === 0 ? {} : { method: "POST", body: '[["INCR","n"],["GET","k"]]' }),
        })
        .catch((error: Error) => error.name),
    );
    await eventually(() => expect(gateway.fleet.stats.instances[0]!.endpoints[0]!.inFlight).toBe(8));
    leaving.abort();
    expect(new Set(await Promise.all(left))).toEqual(new Set(["AbortError"]));
    redis.resume();
    const staying = await Promise.all(Array.from({ length: 20 }, () => gateway.ask("/get/k")));
    for (const { json } of staying) expect(json).toEqual({ result: "v" });
    await eventually(async () => expect(await redis.call("GET", "n")).toBe("8"));
    expect(gateway.log.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
  });

  test("in the middle of its body has sent nothing", async () => {
    await using redis = await startRedis();
    await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
    const leaving = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from('["SET","k","v"]')),
    });
    const left = gateway.ask("/", { method: "POST", body, duplex: "half", signal: leaving.signal });
    left.catch(() => {});
    await eventually(() => expect(gateway.gateway.data.server.listening).toBe(true));
    leaving.abort();
    await expect(left).rejects.toThrow("aborted");
    expect((await gateway.ask("/exists/k")).json).toEqual({ result: 0 });
  });
});

test("one instance that hangs delays no other", async () => {
  await using slow = await startRedis();
  await using fast = await startRedis();
  await using gateway = await openGateway({
    instances: [
      { name: "orders", endpoints: [at(slow)] },
      { name: "sessions", endpoints: [at(fast)] },
    ],
    fleet: { timeoutMs: 60_000, retries: 0 },
  });
  await Promise.all([gateway.ask("/get/k"), gateway.ask("/redis/sessions/get/k")]);
  slow.pause();
  let ended = 0;
  const stuck = Array.from({ length: 16 }, () => gateway.ask("/get/k").finally(() => (ended += 1)));
  for (let round = 0; round < 50; round += 1)
    expect((await gateway.ask("/redis/sessions/get/k")).status).toBe(200);
  expect(ended).toBe(0);
  slow.resume();
  await Promise.all(stuck);
});
