import { spawn } from "node:child_process";
import { once } from "node:events";

import { eventually, FakeClock, startFaultProxy, startRedis } from "@fleet/testkit";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import type { Fleet } from "../src/index.ts";
import { HandSource, instance } from "./hand-source.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const long = { ...orders, timeoutMs: 2 ** 31 - 1 } as const;

/** Work that never ends by itself, on a connection that listens. */
function listening(begun: () => void): (redis: Redis) => Promise<never> {
  return async (redis) => {
    await redis.subscribe("news");
    begun();
    return new Promise<never>(() => undefined);
  };
}

/** The error of a run whose work listens, once `end` has ended it. */
async function endedBy(
  fleet: Fleet,
  end: () => unknown,
  target: Parameters<Fleet["run"]>[0] = long,
): Promise<unknown> {
  const begun = Promise.withResolvers<void>();
  const run = fleet.run(target, listening(begun.resolve)).catch((error: unknown) => error);
  await begun.promise;
  await end();
  return run;
}

describe("a run whose work waits for ever ends", () => {
  test("when the fleet closes, once its grace is over", async () => {
    await using redis = await startRedis();
    const fleet = await createFleet({ instances: [instance("orders", [redis])], graceMs: 50 });
    expect(await endedBy(fleet, () => fleet.close())).toMatchObject({
      code: "FLEET_CLIENT_CLOSED",
      outcome: "unknown",
    });
  });

  test("when its connection is killed", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const kill = (): Promise<unknown> => redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    expect(await endedBy(fleet, kill)).toMatchObject({
      code: "FLEET_POOL_CONNECTION_LOST",
      outcome: "unknown",
      pool: `orders/${redis.host}:${redis.port}`,
    });
    await eventually(() =>
      expect(fleet.stats.instances[0]?.endpoints[0]?.pool?.exclusive).toMatchObject({ leased: 0, total: 0 }),
    );
  });

  test("when the server dies", async () => {
    const redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    expect(await endedBy(fleet, () => redis.close())).toMatchObject({ code: "FLEET_POOL_CONNECTION_LOST" });
  });

  test("when its instance goes away, once the grace is over", async () => {
    await using redis = await startRedis();
    const source = new HandSource(instance("orders", [redis]));
    await using fleet = await createFleet({ sources: [source], graceMs: 50 });
    expect(await endedBy(fleet, () => source.say())).toMatchObject({ code: "FLEET_POOL_CONNECTION_LOST" });
  });

  test("when the caller leaves", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const caller = new AbortController();
    expect(await endedBy(fleet, () => caller.abort("left"), { ...long, signal: caller.signal })).toBe("left");
  });

  test("at its deadline", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const error = await endedBy(fleet, () => undefined, { ...orders, timeoutMs: 300 });
    expect(error).toMatchObject({ code: "FLEET_CLIENT_DEADLINE", outcome: "unknown", unanswered: 0 });
    expect(fleet.stats.instances[0]?.endpoints[0]?.breaker).toMatchObject({ consecutiveFailures: 0 });
  });

  test("and then the process may end", async () => {
    await using redis = await startRedis();
    const program = `
      import { createFleet } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
      const fleet = await createFleet({
        instances: [{ name: "orders", endpoints: [{ host: ${JSON.stringify(redis.host)}, port: ${redis.port} }] }],
        graceMs: 10,
      });
      const begun = Promise.withResolvers();
      const run = fleet.run({ instance: "orders", timeoutMs: 2 ** 31 - 1 }, async (redis) => {
        await redis.subscribe("news");
        begun.resolve();
        await new Promise(() => {});
      });
      run.catch((error) => console.log(error.code));
      await begun.promise;
      await fleet.close();
    `;
    const child = spawn(
      process.execPath,
      ["--conditions=@fleet/source", "--input-type=module", "--eval", program],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    expect(await once(child, "close")).toEqual([0, null]);
    expect(output).toBe("FLEET_CLIENT_CLOSED\n");
  });
});

test("work that throws at once after its signal is aborted rejects the run, and nothing else", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    const caller = new AbortController();
    const run = fleet.run({ ...orders, signal: caller.signal }, () => {
      caller.abort(new Error("left"));
      throw new Error("thrown");
    });
    await expect(run).rejects.toThrow("thrown");
    // Rejections without a handler are reported before the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", note);
  }
});

test("a call that waits for a lease when the fleet closes hears that it was not sent", async () => {
  await using redis = await startRedis();
  const fleet = await createFleet({
    instances: [instance("orders", [redis])],
    graceMs: 50,
    pool: { exclusive: { max: 1 } },
  });
  const second = Promise.withResolvers<unknown>();
  const ended = await endedBy(fleet, () => {
    fleet.run(long, (connection) => connection.ping()).catch(second.resolve);
    return fleet.close();
  });
  expect(ended).toMatchObject({ code: "FLEET_CLIENT_CLOSED", outcome: "unknown" });
  expect(await second.promise).toMatchObject({ outcome: "not-sent" });
});

test("work that quits its connection and goes on is not ended by that", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
  const value = await fleet.run(orders, async (connection) => {
    const closed = once(connection.stream, "close");
    await connection.quit();
    await closed;
    return "done";
  });
  expect(value).toBe("done");
});

describe("the fleet's default time", () => {
  test("cuts no blocking command within its own timeout, and counts on afterwards", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])], timeoutMs: 1000 });
    const patient = fleet.run(orders, (connection) => connection.blpop("never", 2));
    const reading = fleet.run(orders, (connection) => connection.xread("BLOCK", 2000, "STREAMS", "s", "$"));
    const popped = fleet.run(orders, (connection) => connection.blpop("queue", 0));
    const late = fleet.run(orders, async (connection) => {
      await connection.blpop("other", 0.4);
      await new Promise(() => undefined);
    });
    const all = [patient, reading, late];
    await Promise.allSettled(all);
    await redis.call("RPUSH", "queue", "job");
    expect(await popped).toEqual(["queue", "job"]);
    expect(await patient).toBeNull();
    expect(await reading).toBeNull();
    await expect(late).rejects.toMatchObject({ code: "FLEET_CLIENT_DEADLINE", unanswered: 0 });
  });

  test("ends a blocking command that the server lets run over its own timeout, and the breaker counts it", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])], timeoutMs: 250 });
    const begun = Promise.withResolvers<void>();
    const popped = fleet.run(orders, (connection) => {
      begun.resolve();
      return connection.blpop("queue", 0.2);
    });
    await begun.promise;
    redis.pause();
    await expect(popped).rejects.toMatchObject({ code: "FLEET_CLIENT_DEADLINE", unanswered: 1 });
    redis.resume();
    expect(fleet.stats.instances[0]?.endpoints[0]?.breaker).toMatchObject({ consecutiveFailures: 1 });
  });
});

test("runs on a server that hangs open its breaker", async () => {
  const clock = new FakeClock();
  await using redis = await startRedis();
  await using fleet = await createFleet({
    instances: [instance("orders", [redis])],
    timeoutMs: 100,
    breaker: { consecutiveFailures: 3 },
    clock,
  });
  await fleet.run(orders, (connection) => connection.ping());
  redis.pause();
  const codes: unknown[] = [];
  for (let count = 0; count < 4; count += 1) {
    fleet
      .run(orders, (connection) => connection.ping())
      .catch((error: unknown) => codes.push((error as { readonly code?: unknown }).code));
    while (codes.length === count) await clock.advance(20);
  }
  redis.resume();
  expect(codes).toHaveLength(4);
  expect(codes.indexOf("FLEET_BREAKER_OPEN")).toBe(3);
});

test("a subscriber whose path is cut hears of it", async () => {
  await using redis = await startRedis();
  await using proxy = await startFaultProxy(redis);
  await using fleet = await createFleet({ instances: [instance("orders", [proxy])] });
  expect(await endedBy(fleet, () => proxy.cut())).toMatchObject({ code: "FLEET_POOL_CONNECTION_LOST" });
});
