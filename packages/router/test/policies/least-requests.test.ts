import { FakeClock, seededRandom } from "@fleet/testkit";
import { describe, expect, it } from "vitest";

import { leastRequests, Router, type Target, type Ticket } from "../../src/index.ts";
import { target, targets } from "../targets.ts";

const read = { group: "g", access: "read" } as const;

function scene(count: number): { readonly router: Router<Target>; readonly clock: FakeClock } {
  const clock = new FakeClock();
  const router = new Router<Target>({ policy: leastRequests(), clock, random: seededRandom(count) });
  router.update(targets(count));
  return { router, clock };
}

function one(router: Router<Target>, instance: string): Ticket<Target> {
  return router.pick({ instance, access: "read" });
}

const inFlight = (router: Router<Target>): number[] => router.stats.targets.map((each) => each.inFlight);

describe("least requests", () => {
  it.each([2, 3, 10, 32])(
    "spreads a burst in one tick evenly over %i targets, because a pick reserves",
    (count) => {
      const { router } = scene(count);
      for (let pick = 0; pick < count * 7; pick += 1) router.pick(read);
      expect(inFlight(router)).toEqual(Array.from({ length: count }, () => 7));
    },
  );

  it("keeps a burst nearly even when it only compares two", () => {
    const { router } = scene(100);
    for (let pick = 0; pick < 1_000; pick += 1) router.pick(read);
    expect(Math.max(...inFlight(router))).toBeLessThanOrEqual(13);
    expect(Math.min(...inFlight(router))).toBeGreaterThanOrEqual(6);
  });

  it.each([2, 3, 33])("never picks the one busy target of %i", (count) => {
    const { router } = scene(count);
    for (let call = 0; call < 50; call += 1) one(router, "t1");
    for (let pick = 0; pick < 5_000; pick += 1) {
      using ticket = router.pick(read);
      expect(ticket.target.id).not.toBe("t1");
    }
  });

  it("prefers the faster of two idle targets, until the memory of the slower has faded", async () => {
    const { router, clock } = scene(2);
    const slow = one(router, "t0");
    await clock.advance(20);
    slow[Symbol.dispose]();
    const fast = one(router, "t1");
    await clock.advance(2);
    fast[Symbol.dispose]();
    const next = (): string => {
      using ticket = router.pick(read);
      return ticket.target.id;
    };
    expect(next()).toBe("t1");
    await clock.advance(2_000); // both forgotten: chance decides
    expect(new Set(Array.from({ length: 20 }, next))).toEqual(new Set(["t0", "t1"]));
  });

  it("takes the age of the oldest call for latency, so that a stalled target is left before it answers", async () => {
    const { router, clock } = scene(2);
    one(router, "t0");
    await clock.advance(30);
    one(router, "t1");
    await clock.advance(1);
    for (let pick = 0; pick < 3; pick += 1) {
      // Equal in flight each time; t0 has waited longer.
      using ticket = router.pick(read);
      expect(ticket.target.id).toBe("t1");
    }
  });

  it("knows the oldest call whatever the order in which calls end", async () => {
    const { router, clock } = scene(1);
    const tickets: Ticket<Target>[] = [];
    for (let call = 0; call < 5; call += 1) {
      tickets.push(router.pick(read));
      await clock.advance(10);
    }
    const oldest = (): number => Math.round(router.stats.targets[0]?.latencyMs ?? Number.NaN);
    expect(oldest()).toBe(50);
    tickets[2]?.[Symbol.dispose](); // from the middle
    expect(oldest()).toBe(50);
    tickets[0]?.[Symbol.dispose]();
    tickets[1]?.[Symbol.dispose]();
    await clock.advance(60);
    expect(oldest()).toBe(80); // the fourth began at 30 and it is 110
    tickets[4]?.[Symbol.dispose]();
    tickets[3]?.[Symbol.dispose]();
    expect(inFlight(router)).toEqual([0]);
  });

  it("counts a failed call as at least a second, so that a target that refuses quickly attracts nothing", async () => {
    const { router, clock } = scene(2);
    for (const [id, failed] of [
      ["t0", true],
      ["t1", false],
    ] as const) {
      const ticket = one(router, id);
      await clock.advance(failed ? 1 : 50);
      if (failed) ticket.failed();
      ticket[Symbol.dispose]();
    }
    for (let pick = 0; pick < 100; pick += 1) {
      using ticket = router.pick(read);
      expect(ticket.target.id).toBe("t1");
    }
  });

  it("is the default", () => {
    expect(new Router<Target>().stats.policy).toBe("least-requests");
  });

  it("sees a target that joins as idle, and one that never answered as unknown, not as fast for ever", async () => {
    const { router, clock } = scene(1);
    const first = router.pick(read);
    await clock.advance(10);
    first[Symbol.dispose]();
    router.update([...targets(1), target("new")]);
    const newcomer = router.pick(read);
    expect(newcomer.target.id).toBe("new");
    const busy = router.pick(read);
    expect(busy.target.id).toBe("t0");
  });
});
