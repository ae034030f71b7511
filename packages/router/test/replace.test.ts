import { FakeClock, seededRandom } from "@fleet/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { NoTargetError, roundRobin, Router, UnknownTargetError } from "../src/index.ts";
import type { PickRequest, Target, Vacancy } from "../src/index.ts";
import { target } from "./targets.ts";

type Members = readonly Target[] | Vacancy;

function empty(): Router<Target> {
  return new Router<Target>({ policy: roundRobin(), clock: new FakeClock(), random: seededRandom(1) });
}

/** Everybody who would be asked, each excluding those before, and why nobody is left. */
function asked(router: Router<Target>, request: PickRequest<Target>): unknown {
  const exclude: Target[] = [];
  for (;;) {
    try {
      using ticket = router.pick({ ...request, exclude });
      exclude.push(ticket.target);
    } catch (error) {
      if (error instanceof UnknownTargetError) return "unknown";
      if (!(error instanceof NoTargetError)) throw error;
      return { ids: exclude.map(({ id }) => id).toSorted(), reason: error.reason };
    }
  }
}

describe("replace", () => {
  it("touches what stands under the given names, and nothing else", () => {
    const router = empty();
    router.update([target("a"), target("b"), target("c", { group: "other" })]);
    using held = router.pick({ instance: "b", access: "read" });
    router.replace(new Map([["a", [target("a2", { instance: "a" }), target("a3", { instance: "a" })]]]));
    expect(asked(router, { group: "g", access: "read" })).toMatchObject({ ids: ["a2", "a3", "b"] });
    expect(asked(router, { group: "other", access: "read" })).toMatchObject({ ids: ["c"] });
    router.replace(new Map([["b", [target("b", { reads: "any" })]]]));
    expect(router.stats.targets.find(({ id }) => id === held.target.id)?.inFlight).toBe(1);
  });

  it("forgets a name with an empty list, and a group with its last member", () => {
    const router = empty();
    router.update([target("a")]);
    router.replace(new Map([["a", []]]));
    for (const name of [{ instance: "a" }, { group: "g" }])
      expect(() => router.pick({ ...name, access: "read" })).toThrow(UnknownTargetError);
    expect(router.stats.targets).toEqual([]);
  });

  it("moves an instance from group to group, also when the object itself has changed", () => {
    const router = empty();
    const moving: { -readonly [K in keyof Target]: Target[K] } = target("a");
    router.update([moving, target("b")]);
    moving.group = "other";
    router.replace(new Map([["a", [moving]]]));
    expect(asked(router, { group: "g", access: "read" })).toMatchObject({ ids: ["b"] });
    expect(asked(router, { group: "other", access: "read" })).toMatchObject({ ids: ["a"] });
  });

  it("lets an id move from one name to another in one step", () => {
    const router = empty();
    router.update([target("x", { instance: "a" }), target("y", { instance: "b" })]);
    router.replace(
      new Map([
        ["a", [target("y", { instance: "a" })]],
        ["b", [target("x", { instance: "b" })]],
      ]),
    );
    expect(router.pick({ instance: "a", access: "read" }).target.id).toBe("y");
    expect(router.pick({ instance: "b", access: "read" }).target.id).toBe("x");
  });

  it.each<[string, Map<string, Members>]>([
    ["an id that another name has", new Map([["b", [target("a", { instance: "b" })]]])],
    ["an id twice", new Map([["b", [target("b"), target("b")]]])],
    ["a target of another name", new Map([["b", [target("c")]]])],
  ])("refuses %s, and changes nothing", (_, changes) => {
    const router = empty();
    router.update([target("a"), target("b", { reads: "any" })]);
    expect(() => router.replace(changes)).toThrow(
      expect.objectContaining({ code: "FLEET_ROUTER_INVALID_OPTION" }),
    );
    expect(router.pick({ instance: "b", access: "read" }).target.reads).toBe("any");
  });
});

describe("a vacancy", () => {
  it.each(["no-endpoints", "cluster"] as const)("is known: the refusal says %s", (reason) => {
    const router = empty();
    router.replace(new Map([["a", { reason, group: "g" }]]));
    for (const name of [{ instance: "a" }, { group: "g" }])
      expect(asked(router, { ...name, access: "write" })).toEqual({ ids: [], reason });
    expect(router.stats.refusals[reason]).toBe(2);
    router.replace(new Map([["a", [target("a")]]]));
    expect(router.pick({ group: "g", access: "write" }).target.id).toBe("a");
  });

  it("leaves the others of its group to be picked", () => {
    const router = empty();
    router.update([target("b")]);
    router.replace(new Map([["a", { reason: "no-endpoints", group: "g" }]]));
    expect(router.pick({ group: "g", access: "write" }).target.id).toBe("b");
  });
});

const names = ["a", "b", "c", "d"] as const;
const groups = ["g", "h", undefined] as const;
const inGroup = fc.constantFrom(...groups).map((group) => (group === undefined ? {} : { group }));
const member = fc
  .record({
    role: fc.constantFrom("primary" as const, "replica" as const, "unknown" as const),
    state: fc.constantFrom("ready" as const, "ready" as const, "drain" as const, "maintenance" as const),
    reads: fc.constantFrom("primary" as const, "replica" as const, "any" as const),
    group: inGroup,
  })
  .map(({ group, ...facts }) => ({ ...facts, ...group }));
const change = fc.record({
  name: fc.constantFrom(...names),
  members: fc.oneof(
    { weight: 4, arbitrary: fc.array(member, { maxLength: 4 }) },
    {
      weight: 1,
      arbitrary: fc
        .record({ reason: fc.constantFrom("no-endpoints" as const, "cluster" as const), group: inGroup })
        .map(({ reason, group }) => ({ reason, ...group })),
    },
  ),
});

/** Of one step, the last word on each name. */
function changesOf(
  step: readonly { name: string; members: readonly object[] | Vacancy }[],
): Map<string, Members> {
  return new Map(
    step.map(({ name, members }) => [
      name,
      "reason" in members
        ? members
        : members.map((facts, index) => ({ id: `${name}${index}`, instance: name, ...facts }) as Target),
    ]),
  );
}

describe("after any history of changes", () => {
  it("the router is what it would be had it been told everything at once", () => {
    const history = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 30 });
    const property = fc.property(history, (steps) => {
      const router = empty();
      const known = new Map<string, Members>();
      for (const changes of steps.map(changesOf)) {
        router.replace(changes);
        for (const [name, members] of changes) known.set(name, members);
      }
      const other = empty();
      other.replace(known);
      for (const access of ["read", "write"] as const)
        for (const name of [
          ...names.map((instance) => ({ instance })),
          ...["g", "h"].map((group) => ({ group })),
        ])
          expect(asked(router, { ...name, access })).toEqual(asked(other, { ...name, access }));
      expect(router.stats.targets.map(({ id }) => id).toSorted()).toEqual(
        other.stats.targets.map(({ id }) => id).toSorted(),
      );
    });
    expect(fc.defaultReportMessage(fc.check(property, { seed: 20_26, numRuns: 300 }))).toBeUndefined();
  });
});
