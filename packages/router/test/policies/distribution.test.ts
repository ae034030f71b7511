import { FakeClock, seededRandom } from "@fleet/testkit";
import { describe, expect, it } from "vitest";

import { leastRequests, roundRobin, Router, type RoutingPolicy, type Target } from "../../src/index.ts";
import { targets } from "../targets.ts";
import { unfairness } from "./chi-square.ts";

const read = { group: "g", access: "read" } as const;

/** How often each target is picked by calls that follow one another. The clock stands, so all latencies are equal. */
function shares(
  policy: RoutingPolicy,
  members: readonly Target[],
  { picks = 60_000, eligible = (_target: Target, _pick: number): boolean => true, seed = 1 } = {},
): number[] {
  let pick = 0;
  const router = new Router({
    policy,
    eligible: (target) => eligible(target, pick),
    clock: new FakeClock(),
    random: seededRandom(seed),
  });
  router.update(members);
  const counts = new Map(members.map(({ id }) => [id, 0]));
  for (; pick < picks; pick += 1) {
    using ticket = router.pick(read);
    const { id } = ticket.target;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe.each([
  ["least requests", leastRequests],
  ["round robin", roundRobin],
])("%s", (_name, policy) => {
  it.each([1, 2, 3, 5, 10, 64])("gives %i equal targets equal shares", (count) => {
    expect(unfairness(shares(policy(), targets(count)))).toBeLessThan(1);
  });

  it("gives the neighbours of a flapping member the same shares as the others", () => {
    for (const [flapping, seed] of [
      ["t0", 1],
      ["t2", 2],
      ["t4", 3],
    ] as const) {
      const random = seededRandom(seed);
      const up = Array.from({ length: 60_000 }, () => random() < 0.5);
      const eligible = ({ id }: Target, pick: number): boolean => id !== flapping || up[pick] === true;
      const counts = shares(policy(), targets(5), { eligible, seed });
      const others = counts.filter((_, index) => `t${index}` !== flapping);
      expect(unfairness(others)).toBeLessThan(1);
      const own = counts[Number(flapping.slice(1))] ?? 0;
      expect(own).toBeGreaterThan(0);
      expect(own).toBeLessThan(Math.min(...others));
    }
  });

  it("keeps shares equal while updates come and go", () => {
    const router = new Router<Target>({ policy: policy(), clock: new FakeClock(), random: seededRandom(4) });
    const members = targets(5);
    const counts = members.map(() => 0);
    for (let pick = 0; pick < 20_000; pick += 1) {
      if (pick % 3 === 0) router.update(members.map((member) => ({ ...member })));
      using ticket = router.pick(read);
      counts[members.findIndex(({ id }) => id === ticket.target.id)]! += 1;
    }
    expect(unfairness(counts)).toBeLessThan(1);
  });
});

describe("least requests", () => {
  it("draws fairly among the few that tie, wherever they stand in the list", () => {
    // Busy ones between the idle: a walk from a random place would favour whoever follows a gap.
    const router = new Router<Target>({ clock: new FakeClock(), random: seededRandom(5) });
    const members = targets(10);
    router.update(members);
    const idle = new Set(["t0", "t1", "t5", "t9"]);
    for (const member of members)
      if (!idle.has(member.id)) router.pick({ instance: member.id, access: "read" });
    const counts = new Map([...idle].map((id) => [id, 0]));
    for (let pick = 0; pick < 40_000; pick += 1) {
      using ticket = router.pick(read);
      counts.set(ticket.target.id, (counts.get(ticket.target.id) ?? 0) + 1);
    }
    expect([...counts.keys()]).toEqual([...idle]);
    expect(unfairness([...counts.values()])).toBeLessThan(1);
  });

  it("draws fairly above the scan limit too, when most members are not eligible", () => {
    const usable = new Set(["t0", "t1", "t31", "t63"]);
    const eligible = ({ id }: Target): boolean => usable.has(id);
    const counts = shares(leastRequests(), targets(64), { eligible, picks: 20_000 });
    expect(unfairness(counts.filter((_, index) => usable.has(`t${index}`)))).toBeLessThan(1);
    expect(counts.filter((count) => count > 0)).toHaveLength(4);
  });
});
