import { eventually, startFaultProxy, startRedis } from "@fleet/testkit";
import type { FaultProxy, RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { at, openGateway } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";
import { Counting, expectExact } from "./counting.ts";

interface Behind extends AsyncDisposable {
  readonly redis: RedisServer;
  readonly proxy: FaultProxy;
  readonly gateway: OpenGateway;
  readonly counter: () => Promise<number>;
}

/** Two instances, the first of them behind a proxy. */
async function behindProxy(): Promise<Behind> {
  await using opened = new AsyncDisposableStack();
  const redis = opened.use(await startRedis());
  const other = opened.use(await startRedis());
  const proxy = opened.use(await startFaultProxy(redis));
  const gateway = opened.use(
    await openGateway({
      instances: [
        { name: "orders", endpoints: [at(proxy)] },
        { name: "elsewhere", endpoints: [at(other)] },
      ],
      fleet: { timeoutMs: 400 },
    }),
  );
  await gateway.ask("/set/n/0");
  await gateway.ask("/set/n/0", { token: "aside" });
  const all = opened.move();
  return {
    redis,
    proxy,
    gateway,
    counter: async () => Number(await redis.call("GET", "n")),
    [Symbol.asyncDispose]: async () => all.disposeAsync(),
  };
}

const served = async (gateway: OpenGateway): Promise<void> =>
  eventually(async () => expect((await gateway.ask("/ping")).status).toBe(200), { timeoutMs: 15_000 });

/** While something is done to one instance, each call to it ends, and none to the other is touched. */
async function undisturbed(
  { gateway, counter }: Behind,
  happening: (load: Counting) => Promise<void>,
): Promise<void> {
  const load = new Counting(gateway);
  const others = new Counting(gateway, { callers: 1, path: "/redis/elsewhere/incr/n" });
  await eventually(() => expect(load.ok).toBeGreaterThan(20));
  await happening(load);
  await served(gateway);
  const before = load.ok;
  await eventually(() => expect(load.ok).toBeGreaterThan(before + 20), { timeoutMs: 15_000 });
  const ends = await load.end();
  expectExact(ends, await counter());
  expect(await others.end()).toMatchObject({ unknown: 0, refused: new Map() });
}

test("Redis is killed and started again: calls end with an outcome that is true, the other instance is untouched", async () => {
  await using redis = await startRedis({ config: { appendonly: "yes", appendfsync: "always" } });
  await using other = await startRedis();
  await using gateway = await openGateway({
    instances: [
      { name: "orders", endpoints: [at(redis)] },
      { name: "elsewhere", endpoints: [at(other)] },
    ],
    fleet: { timeoutMs: 400 },
  });
  const counter = async (): Promise<number> => Number(await redis.call("GET", "n"));
  const behind = { redis, gateway, counter } as Behind;
  await undisturbed(behind, async (load) => {
    await redis.kill();
    const before = load.refused;
    await eventually(() => expect(load.refused).toBeGreaterThan(before + 10));
    await redis.restart();
  });
});

test("Redis is stopped where it stands, and goes on later", async () => {
  await using behind = await behindProxy();
  await undisturbed(behind, async (load) => {
    behind.redis.pause();
    await eventually(() => expect(load.unknown + load.refused).toBeGreaterThan(10));
    behind.redis.resume();
  });
});

test.for(["blackhole", "halfOpen"] as const)("the network is a %s, and heals", async (kind) => {
  await using behind = await behindProxy();
  await undisturbed(behind, async (load) => {
    behind.proxy.inject({ kind });
    await eventually(() => expect(load.unknown + load.refused).toBeGreaterThan(10));
    behind.proxy.heal();
  });
});

test("replies come a byte at a time, or slower than anyone waits", async () => {
  await using behind = await behindProxy();
  await undisturbed(behind, async (load) => {
    behind.proxy.inject({ kind: "slicer", bytes: 1 }, { direction: "reply" });
    const before = load.ok;
    await eventually(() => expect(load.ok).toBeGreaterThan(before + 20));
    behind.proxy.inject({ kind: "bandwidth", bytesPerSecond: 1 }, { direction: "reply" });
    await eventually(() => expect(load.unknown).toBeGreaterThan(4));
    behind.proxy.heal();
  });
});

describe("a connection ends in the middle", () => {
  test.for([
    ["of a reply", { kind: "rstAfter", bytes: 3 }, "reply"],
    ["of a request", { kind: "rstAfter", bytes: 9 }, "request"],
    ["in good order, of a reply", { kind: "limitData", bytes: 3 }, "reply"],
  ] as const)("%s: no call is answered with the reply of another", async ([, fault, direction]) => {
    await using behind = await behindProxy();
    const { gateway, proxy } = behind;
    for (let key = 0; key < 20; key += 1) await gateway.ask(`/set/own:${key}/value-${key}`);
    const wrong: unknown[] = [];
    const over = new AbortController();
    const readers = Array.from({ length: 20 }, async (_, key) => {
      while (!over.signal.aborted) {
        const { status, json } = await gateway.ask(`/get/own:${key}`);
        if (status === 200 && (json as { readonly result: unknown }).result !== `value-${key}`)
          wrong.push(json);
      }
    });
    await undisturbed(behind, async (load) => {
      for (let round = 0; round < 3; round += 1) {
        const before = proxy.history.length;
        proxy.inject(fault, { direction });
        await eventually(() =>
          expect(proxy.history.slice(before).some(({ event }) => /reset|limited/.test(event))).toBe(true),
        );
        proxy.heal();
        const ok = load.ok;
        await eventually(() => expect(load.ok).toBeGreaterThan(ok), { timeoutMs: 15_000 });
      }
    });
    over.abort();
    await Promise.all(readers);
    expect(wrong).toEqual([]);
  });
});

describe("a reply is wrong", () => {
  test.for([
    ["dropped, so that each later one answers another call", "drop"],
    ["no RESP", "corrupt"],
    ["of a type that no server has", { inject: "?what" }],
    ["nested without end", { inject: "*1\r\n".repeat(10_000) }],
    ["announced with 512 MB, and never comes", { inject: "$536870912" }],
    ["announced with a length that is none", { inject: "$-7" }],
    ["an array of more elements than memory has", { inject: "*2147483647" }],
  ] as const)("%s: the connection is given up, and no caller gets another's", async ([, reply]) => {
    await using behind = await behindProxy();
    const { gateway, proxy } = behind;
    await gateway.ask("/set/a/of-a");
    await gateway.ask("/set/b/of-b");
    await undisturbed(behind, async (load) => {
      proxy.inject({ kind: "reply", k: 1, do: reply });
      await eventually(() => expect(proxy.history.some(({ event }) => event === "reply")).toBe(true));
      const before = load.ok;
      await eventually(() => expect(load.ok).toBeGreaterThan(before + 20), { timeoutMs: 15_000 });
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, call) => {
        const name = call % 2 === 0 ? "a" : "b";
        const { json } = await gateway.ask(`/get/${name}`);
        return [name, json];
      }),
    );
    for (const [name, json] of answers) expect(json).toEqual({ result: `of-${String(name)}` });
  });
});
