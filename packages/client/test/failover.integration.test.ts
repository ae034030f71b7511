import { setTimeout as sleep } from "node:timers/promises";

import { eventually, startReplication, startSentinel } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import type { Fleet } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { heardRoles } from "./heard.ts";
import { Load } from "./load.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

/** Writes under way all the time, and when they were answered. */
function writes(fleet: Fleet, width: number): Load & { readonly answeredAt: readonly number[] } {
  const answeredAt: number[] = [];
  const load = new Load(width, async () => {
    try {
      await fleet.command(orders, ["INCR", "n"]);
    } catch (error) {
      // A client that is refused without a wait does not come back at once.
      await sleep(5);
      throw error;
    }
    answeredAt.push(performance.now());
  });
  return Object.assign(load, { answeredAt });
}

function addressOf({ host, port }: RedisServer): string {
  return `${host}:${port}`;
}

/** Resolves with the server that was promoted, and when. */
function promoted(replicas: readonly RedisServer[]): Promise<readonly [RedisServer, number]> {
  return eventually(
    async () => {
      for (const replica of replicas) {
        const [role] = (await replica.call("ROLE")) as readonly [string];
        if (role === "master") return [replica, performance.now()] as const;
      }
      throw new Error("nobody is promoted");
    },
    { timeoutMs: 15_000, intervalMs: 5 },
  );
}

describe("a manual failover under load", () => {
  test("fails no call: whom the old primary refuses the new one answers", async () => {
    await using set = await startReplication();
    const [replica] = set.replicas;
    if (replica === undefined) throw new Error("no replica");
    await using fleet = await createFleet({ instances: [instance("orders", [set.primary, replica])] });
    await eventually(() => fleet.command(orders, ["INCR", "n"]));
    const load = writes(fleet, 64);
    await eventually(load.progress(2000));
    await replica.call("REPLICAOF", "NO", "ONE");
    await set.primary.call("REPLICAOF", replica.host, String(replica.port));
    await eventually(load.progress(2000));
    await load.stop();
    expect(load.errors).toEqual([]);
    const gaps = load.answeredAt.map((at, index) => at - (load.answeredAt[index - 1] ?? at));
    expect(Math.max(...gaps)).toBeLessThan(2000);
    expect(fleet.stats.instances[0]?.endpoints).toMatchObject([{ role: "replica" }, { role: "primary" }]);
  });
});

describe("a failover by sentinels under load", () => {
  test("writes resume within two seconds of the promotion, and the primary of before gets none when it is back", async () => {
    await using set = await startSentinel({ replicas: 2 });
    const servers = [set.primary, ...set.replicas];
    await using fleet = await createFleet({ instances: [instance("orders", servers)] });
    await eventually(() => fleet.command(orders, ["INCR", "n"]));
    using told = heardRoles();
    const load = writes(fleet, 32);
    await eventually(load.progress(1000));
    const killedAt = performance.now();
    await set.primary.kill();
    const [now, promotedAt] = await promoted(set.replicas);
    await eventually(load.progress(1000));
    const resumed = load.answeredAt.findIndex((at) => at > killedAt + 100);
    expect((load.answeredAt[resumed] ?? Number.NaN) - promotedAt).toBeLessThan(2000);
    // Those under way have an unknown outcome; the others say that nothing was sent, or that there is nobody to send to.
    expect(load.count("unknown")).toBeLessThanOrEqual(32);
    const failed = load.errors.length;
    // It comes back believing that it is the primary, until a sentinel tells it otherwise, ten seconds later.
    await set.primary.restart();
    await eventually(() =>
      expect(told.messages).toContainEqual({
        event: "disputed",
        instance: "orders",
        endpoints: expect.arrayContaining([addressOf(set.primary), addressOf(now)]),
        kept: addressOf(now),
      }),
    );
    await eventually(load.progress(1000));
    await load.stop();
    expect(load.errors.slice(failed)).toEqual([]);
    expect(await set.primary.call("GET", "n")).toBeNull();
    expect(Number(await now.call("GET", "n"))).toBeGreaterThanOrEqual(load.answeredAt.length - resumed);
  });

  test("a primary that hangs is left too", async () => {
    await using set = await startSentinel({ replicas: 2 });
    const servers = [set.primary, ...set.replicas];
    await using fleet = await createFleet({ instances: [instance("orders", servers)], timeoutMs: 500 });
    await eventually(() => fleet.command(orders, ["INCR", "n"]));
    const load = writes(fleet, 32);
    await eventually(load.progress(1000));
    const pausedAt = performance.now();
    set.primary.pause();
    const [, promotedAt] = await promoted(set.replicas);
    await eventually(load.progress(1000));
    const resumedAt = load.answeredAt.find((at) => at > pausedAt + 100) ?? Number.NaN;
    await load.stop();
    expect(resumedAt - promotedAt).toBeLessThan(2000);
    set.primary.resume();
  });
});
