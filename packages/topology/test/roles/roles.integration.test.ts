import { eventually, FakeClock, startRedis, startReplication } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { type RoleReport, Roles } from "../../src/index.ts";
import { needRedis } from "../need-redis.ts";
import { ServerEndpoint } from "./server-endpoint.ts";

needRedis();

const rolesOf = (...endpoints: readonly ServerEndpoint[]) => endpoints.map(({ role }) => role);

test("what Redis says beats what the source says, and what changes is reported", async () => {
  await using set = await startReplication();
  const endpoints = [
    new ServerEndpoint(set.replicas[0]!, "primary"),
    new ServerEndpoint(set.primary, "replica"),
  ];
  const events: RoleReport[] = [];
  const changed: string[] = [];
  using roles = new Roles({
    changed: (instance) => void changed.push(instance),
    report: (event) => void events.push(event),
    clock: new FakeClock(),
  });
  roles.set("orders", endpoints);
  expect(endpoints.map(({ questions }) => questions)).toEqual([0, 0]);
  roles.used(endpoints[0]!);
  await eventually(() => expect(rolesOf(...endpoints)).toEqual(["replica", "primary"]));
  await eventually(() => expect(endpoints[0]?.replication?.primary).toBe(endpoints[1]?.address));
  expect(new Set(changed)).toEqual(new Set(["orders"]));
  const reported = new Map(
    events.flatMap((event) => (event.event === "changed" ? [[event.endpoint, event.role]] : [])) as [
      string,
      string,
    ][],
  );
  expect(endpoints.map(({ address }) => reported.get(address))).toEqual(["replica", "primary"]);
});

test("one that refused a write is no primary from then on, and the promise waits for the one that is", async () => {
  await using set = await startReplication();
  const [primary, replica] = [
    new ServerEndpoint(set.primary, "replica"),
    new ServerEndpoint(set.replicas[0]!, "primary"),
  ];
  using roles = new Roles({ clock: new FakeClock() });
  roles.set("orders", [primary, replica]);
  const known = roles.refused(replica);
  expect(replica.role).toBe("replica");
  await known;
  expect(rolesOf(primary, replica)).toEqual(["primary", "replica"]);
});

test("a lone endpoint that is a replica is to be dialed anew; one that is not in use is asked no more", async () => {
  await using set = await startReplication();
  const lone = new ServerEndpoint(set.replicas[0]!);
  const clock = new FakeClock();
  let redials = 0;
  using roles = new Roles({ clock, random: () => 0.5, redial: () => void (redials += 1) });
  roles.set("orders", [lone]);
  await roles.refused(lone);
  expect([lone.role, redials]).toEqual(["replica", 1]);
  await clock.advance(1000);
  await eventually(() => expect(redials).toBe(2));
  await set.replicas[0]!.call("REPLICAOF", "NO", "ONE");
  await clock.advance(1000);
  await eventually(() => expect(lone.role).toBe("primary"));
  const { questions } = lone;
  await clock.advance(60_000);
  expect([lone.questions, clock.pending]).toEqual([questions, 0]);
});

describe("rounds of questions", () => {
  test("come every interval while one primary is known, and after close() there is none", async () => {
    await using set = await startReplication();
    const clock = new FakeClock();
    const endpoints = [new ServerEndpoint(set.primary), new ServerEndpoint(set.replicas[0]!)];
    const roles = new Roles({ clock, random: () => 0.5, intervalMs: 10_000 });
    roles.set("orders", endpoints);
    await eventually(() => expect(rolesOf(...endpoints)).toEqual(["primary", "replica"]));
    await clock.advance(1000);
    const asked = (): readonly number[] => endpoints.map(({ answers }) => answers);
    // In the first second things were not settled yet.
    await eventually(() => expect(asked()).toEqual([2, 2]));
    await clock.advance(9000);
    expect(asked()).toEqual([2, 2]);
    await clock.advance(1000);
    await eventually(() => expect(asked()).toEqual([3, 3]));
    roles.close();
    await clock.advance(60_000);
    expect([asked(), clock.pending]).toEqual([[3, 3], 0]);
    roles.set("orders", endpoints);
    expect(clock.pending).toBe(0);
  });

  test("leave out an endpoint that may not be asked", async () => {
    await using set = await startReplication();
    const endpoints = [new ServerEndpoint(set.primary), new ServerEndpoint(set.replicas[0]!)];
    endpoints[1]!.isAskable = false;
    using roles = new Roles({ clock: new FakeClock() });
    roles.set("orders", endpoints);
    await eventually(() => expect(rolesOf(...endpoints)).toEqual(["primary", "unknown"]));
    expect(endpoints[1]?.questions).toBe(0);
  });

  test("dial so many endpoints at a time", async () => {
    await using redis = await startRedis();
    const dials: PromiseWithResolvers<void>[] = [];
    class Slow extends ServerEndpoint {
      override connect(): Promise<void> {
        const dial = Promise.withResolvers<void>();
        dials.push(dial);
        return dial.promise;
      }
    }
    using roles = new Roles({ clock: new FakeClock(), dialsAtOnce: 2 });
    roles.set("orders", [new Slow(redis), new Slow(redis), new Slow(redis)]);
    await eventually(() => expect(dials).toHaveLength(2));
    await new Promise((resolve) => setImmediate(resolve));
    expect(dials).toHaveLength(2);
    dials[0]?.reject(new Error("refused"));
    await eventually(() => expect(dials).toHaveLength(3));
    for (const dial of dials) dial.resolve();
  });
});
