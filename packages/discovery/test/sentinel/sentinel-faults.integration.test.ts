import { FakeClock, eventually, startFaultProxy, startRedis, startSentinel } from "@fleet/testkit";
import type { FaultProxy, RedisServer } from "@fleet/testkit";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";

import { SentinelSource, addressMap } from "../../src/index.ts";
import { Questions, watched } from "./watched-sentinels.ts";
import type { WatchedSentinels } from "./watched-sentinels.ts";

interface Faulty extends AsyncDisposable {
  readonly sentinels: readonly RedisServer[];
  /** In front of the first sentinel; the way to the others is clear. */
  readonly proxy: FaultProxy;
  readonly it: WatchedSentinels;
}

async function faulty(options: Parameters<typeof watched>[1] = {}): Promise<Faulty> {
  await using opened = new AsyncDisposableStack();
  const { sentinels } = opened.use(await startSentinel({ replicas: 1 }));
  const proxy = opened.use(await startFaultProxy(sentinels[0]!));
  const it = opened.use(
    await watched(sentinels, {
      addressMap: addressMap({ [`127.0.0.1:${sentinels[0]!.port}`]: `127.0.0.1:${proxy.port}` }),
      answerTimeoutMs: 500,
      resyncMs: 50,
      ...options,
    }),
  );
  const all = opened.move();
  return { sentinels, proxy, it, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe("a sentinel that is not what it was is left for the others, and heard again once it is well", () => {
  test.for<[string, (proxy: FaultProxy) => void, RegExp]>([
    ["behind a black hole", (proxy) => proxy.inject({ kind: "blackhole" }), /^no answer within 500 ms$/],
    ["half open", (proxy) => proxy.inject({ kind: "halfOpen" }), /^no answer within 500 ms$/],
    ["that resets", (proxy) => proxy.inject({ kind: "rst" }), /ECONNRESET|closed/],
    [
      "slower than its deadline",
      (proxy) => proxy.inject({ kind: "latency", ms: 600 }),
      /^no answer within 500 ms$/,
    ],
  ])("%s", async ([, inject, message]) => {
    await using world = await faulty();
    const { it, proxy, sentinels } = world;
    const before = it.instance();
    inject(proxy);
    await eventually(() =>
      expect(it.conditions()).toEqual([
        {
          reason: "SentinelUnreachable",
          object: `sentinel 127.0.0.1:${sentinels[0]!.port}`,
          message: expect.stringMatching(message) as unknown,
        },
      ]),
    );
    expect(it.state()).toBe("current");
    proxy.heal();
    await eventually(() => expect(it.conditions()).toEqual([]), { timeoutMs: 15_000 });
    expect(it.instance()).toBe(before);
  });

  test.for<["corrupt" | "reset" | { readonly inject: string }]>([
    ["corrupt"],
    ["reset"],
    [{ inject: "-LOADING Redis is loading the dataset in memory" }],
    // In place of SENTINEL MYID, MASTERS, REPLICAS and SENTINELS, each.
    [{ inject: ":7" }],
    [{ inject: "*1\r\n*2\r\n+name\r\n:7" }],
    [{ inject: "*1\r\n*2\r\n+name\r\n+mymaster" }],
  ])("whose reply is %j", async ([fault]) => {
    const clock = new FakeClock();
    const questions = new Questions();
    await using world = await faulty({ clock, connect: questions.connect, answerTimeoutMs: 3_600_000 });
    const { it, proxy } = world;
    const before = it.instance();
    for (let k = 1; k <= 4; k += 1) {
      await questions.answered();
      const { dials } = questions;
      proxy.inject({ kind: "reply", k, do: fault });
      await eventually(async () => {
        await clock.advance(50);
        expect(questions.dials).toBe(dials + 1);
      });
      await eventually(() => expect(it.conditions()).toEqual([]));
    }
    expect(it.instance()).toBe(before);
    expect(it.state()).toBe("current");
  });
});

test("a sentinel that is away is dialled again with growing pauses, up to five seconds", async () => {
  await using away = await startRedis();
  await away.kill();
  const clock = new FakeClock();
  const questions = new Questions();
  const source = new SentinelSource({
    sentinels: [away],
    connect: questions.connect,
    answerTimeoutMs: 3_600_000,
    clock,
    random: () => 1,
  });
  const failures: unknown[] = [];
  const sink = { replace: () => {}, fail: (error: unknown) => void failures.push(error) };
  const start = source.start(sink, { signal: new AbortController().signal });
  for (const [index, pause] of [200, 400, 800, 1600, 3200, 5000, 5000].entries()) {
    await eventually(() => expect(failures).toHaveLength(index + 1));
    await clock.advance(pause - 1);
    expect(questions.dials).toBe(index + 1);
    await clock.advance(1);
    expect(questions.dials).toBe(index + 2);
  }
  await source.close();
  await expect(start).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
  expect(clock.pending).toBe(0);
});

test("a connection that cannot be asked while it is subscribed says so", async () => {
  await using set = await startSentinel({ replicas: 0, sentinels: 1 });
  const connect = ({ host, port }: { readonly host: string; readonly port: number }): Redis =>
    new Redis({ host, port, lazyConnect: true, retryStrategy: null, enableOfflineQueue: false, protocol: 2 });
  await expect(watched(set.sentinels, { connect })).rejects.toMatchObject({
    message: expect.stringContaining("Connection in subscriber mode") as unknown,
  });
});

test("a connection that cannot even be made is a sentinel that is away", async () => {
  const connect = (): never => {
    throw new Error("no client today");
  };
  await expect(watched([{ host: "127.0.0.1", port: 1 } as RedisServer], { connect })).rejects.toMatchObject({
    message: expect.stringContaining("no client today") as unknown,
  });
});
