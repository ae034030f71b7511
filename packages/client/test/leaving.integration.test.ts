import type { Instance } from "@fleet/discovery";
import { roundRobin } from "@fleet/router";
import { eventually, startReplication } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import type { Fleet } from "../src/index.ts";
import { endpoint, HandSource, instance } from "./hand-source.ts";
import { heardPicks } from "./heard.ts";
import { Load } from "./load.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

interface Member {
  readonly server: RedisServer;
  readonly uid: string;
  readonly leaving?: boolean;
}

function ordersOf(members: readonly Member[], reads: Instance["reads"]): Instance {
  const endpoints = members.map(({ server, uid, leaving = false }) =>
    endpoint(server, { uid, ...(leaving && { leaving: true }) }),
  );
  return instance("orders", endpoints, { reads });
}

/** How many reads each server has answered. */
function reads(servers: readonly RedisServer[]): Promise<readonly number[]> {
  return Promise.all(
    servers.map(async (server) =>
      Number(/cmdstat_get:calls=(\d+)/.exec(String(await server.call("INFO", "commandstats")))?.[1] ?? 0),
    ),
  );
}

function roles(fleet: Fleet): readonly string[] {
  return fleet.stats.instances[0]?.endpoints.map(({ role }) => role) ?? [];
}

describe("an endpoint that is leaving", () => {
  test("is asked only when nobody else may answer", async () => {
    await using set = await startReplication({ replicas: 2 });
    const servers = [set.primary, ...set.replicas];
    const say = (...leaving: readonly number[]): Instance =>
      ordersOf(
        servers.map((server, index) => ({ server, uid: String(index), leaving: leaving.includes(index) })),
        "any",
      );
    const source = new HandSource(say());
    await using fleet = await createFleet({ sources: [source], policy: roundRobin() });
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica", "replica"]));
    using picks = heardPicks();
    /** Who answered, of thirty reads one after the other. */
    const answered = async (): Promise<readonly boolean[]> => {
      const before = await reads(servers);
      for (let count = 0; count < 30; count += 1) await fleet.command(orders, ["GET", "x"]);
      return (await reads(servers)).map((count, index) => count > (before[index] ?? 0));
    };
    expect(await answered()).toEqual([true, true, true]);
    source.say(say(1));
    await eventually(() => expect(fleet.stats.instances[0]?.endpoints[1]?.leaving).toBe(true));
    expect(await answered()).toEqual([true, false, true]);
    source.say(say(0, 1, 2));
    await eventually(() => expect(fleet.stats.instances[0]?.endpoints[0]?.leaving).toBe(true));
    expect(await answered()).toEqual([true, true, true]);
    // It may be the only primary: on its way out it still is.
    expect(await fleet.command(orders, ["SET", "x", "1"])).toBe("OK");
    expect(new Set(picks.messages.map(({ outcome }) => outcome))).toEqual(new Set(["picked"]));
  });

  test("comes before one that cannot be dialled, for a second attempt too", async () => {
    await using set = await startReplication({ replicas: 2 });
    const [first, second] = set.replicas;
    if (first === undefined || second === undefined) throw new Error("no replicas");
    const members = [first, second].map((server, index) => ({ server, uid: String(index) }));
    const source = new HandSource(ordersOf(members, "replica"));
    await using fleet = await createFleet({ sources: [source] });
    await eventually(() => expect(roles(fleet)).toEqual(["replica", "replica"]));
    source.say(
      ordersOf(
        members.map((member, index) => ({ ...member, leaving: index === 1 })),
        "replica",
      ),
    );
    await eventually(() => expect(fleet.stats.instances[0]?.endpoints[1]?.leaving).toBe(true));
    const load = new Load(16, () => fleet.command(orders, ["GET", "x"]));
    await eventually(load.progress(500));
    await first.kill();
    await eventually(load.progress(500));
    await load.stop();
    expect(load.errors).toEqual([]);
  });
});

describe("a rolling restart of a primary and its replicas", () => {
  test("loses no read, and writes only while the primary is away", async () => {
    await using set = await startReplication({ replicas: 2 });
    await set.primary.call("SET", "x", "1");
    const members: Member[] = [set.primary, ...set.replicas].map((server, index) => ({
      server,
      uid: `pod-${index}`,
    }));
    const source = new HandSource(ordersOf(members, "any"));
    await using fleet = await createFleet({ sources: [source] });
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica", "replica"]));
    const say = (): void =>
      source.say(
        ordersOf(
          members.filter(({ uid }) => uid !== "gone"),
          "any",
        ),
      );
    const gets = new Load(16, () => fleet.command(orders, ["GET", "x"]));
    const sets = new Load(4, async () => {
      try {
        await fleet.command(orders, ["SET", "y", "1"]);
      } finally {
        // Nor do writes keep the others from the event loop while they fail.
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    // As Kubernetes does it: the highest ordinal first, terminating while it still serves, gone, and back with another uid.
    for (const index of [2, 1, 0]) {
      await eventually(gets.progress(200));
      const { server, uid } = members[index] as Member;
      members[index] = { server, uid, leaving: true };
      say();
      await eventually(gets.progress(200));
      // Until the primary itself goes, no write fails either.
      expect(sets.errors).toEqual([]);
      await server.kill("SIGTERM");
      await eventually(gets.progress(200));
      members[index] = { server, uid: "gone" };
      say();
      await server.restart();
      members[index] = { server, uid: `${uid}-anew` };
      say();
      const role = index === 0 ? "primary" : "replica";
      await eventually(() => expect(roles(fleet)[index]).toBe(role));
      await eventually(sets.progress(20));
    }
    await Promise.all([gets.stop(), sets.stop()]);
    expect(gets.errors).toEqual([]);
    const codes = new Set(sets.errors.map((error) => (error as { code?: string }).code));
    for (const code of codes)
      expect(code).toMatch(
        /^FLEET_(?:ROUTER_NO_TARGET|POOL_CONNECT_FAILED|POOL_CONNECTION_LOST|BREAKER_(?:HALF_)?OPEN)$/,
      );
  });
});
