import type { Endpoint, Instance, InstanceChange } from "@fleet/discovery";
import { Router, type PickRequest } from "@fleet/router";
import { FakeClock, seededRandom } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import type { EndpointTarget } from "../src/endpoints/endpoint-target.ts";
import { AllTerms } from "../src/overrides.ts";
import { Targets } from "../src/targets.ts";
import { Failovers } from "../src/walk/failover.ts";
import { endpoint, instance } from "./hand-source.ts";

/** Targets that believe their sources, and the router that they fill. */
function targetsOf(): { readonly targets: Targets; readonly router: Router<EndpointTarget> } {
  const router = new Router<EndpointTarget>({ clock: new FakeClock(), random: seededRandom(1) });
  const roles = {
    set: (_: string, all: readonly EndpointTarget[]) => {
      for (const target of all) target.role = target.hint;
    },
    close: () => undefined,
  };
  const failovers = new Failovers({
    msOf: () => 0,
    clock: new FakeClock(),
    closing: new AbortController().signal,
  });
  const open = {
    terms: new AllTerms({}),
    credentials: undefined,
    certificates: undefined,
    addressMap: undefined,
    clock: new FakeClock(),
    random: seededRandom(1),
    opened: () => undefined,
  };
  return { targets: new Targets({ router, roles, failovers, open, graceMs: 0 }), router };
}

/** Everybody who would be asked, each excluding those before, and why nobody is left. */
function asked(router: Router<EndpointTarget>, request: PickRequest<EndpointTarget>): unknown {
  const exclude: EndpointTarget[] = [];
  for (;;) {
    try {
      using ticket = router.pick({ ...request, exclude });
      exclude.push(ticket.target);
    } catch (error) {
      const { code, reason } = error as { readonly code: string; readonly reason?: string };
      const facts = exclude.map(({ id, role, state, reads, group }) =>
        [id, role, state, reads, group].join(" "),
      );
      return { facts: facts.toSorted(), code, reason };
    }
  }
}

const added = (instance: Instance): InstanceChange => ({ type: "added", instance });
const updated = (instance: Instance, previous: Instance): InstanceChange => ({
  type: "updated",
  instance,
  previous,
});
const removed = (instance: Instance): InstanceChange => ({ type: "removed", instance });
const at = (port: number, more: Partial<Endpoint> = {}): Endpoint =>
  endpoint({ host: "10.0.0.1", port }, { role: "primary", ...more });

describe("the changes of one turn", () => {
  test("are taken over together, and the last word on a name counts", async () => {
    const { targets, router } = targetsOf();
    const first = instance("orders", [at(1)], { uid: "1" });
    const second = instance("orders", [at(2)], { uid: "2" });
    let updates = 0;
    const replace = router.replace.bind(router);
    router.replace = (changes) => {
      updates += 1;
      replace(changes);
    };
    for (const change of [added(first), removed(first), added(second), added(instance("cache", [at(3)]))])
      targets.note(change);
    expect(targets.of(second)).toEqual([]);
    await Promise.resolve();
    expect(updates).toBe(1);
    expect(targets.of(second).map(({ id }) => id)).toEqual(["2 10.0.0.1:2"]);
    expect(targets.of(first)).toEqual([]);
    expect(router.pick({ instance: "cache", access: "write" }).target.instance).toBe("cache");
  });

  test("keep the target of an endpoint that stays, and make another where the uid is another", () => {
    const { targets } = targetsOf();
    const before = instance("orders", [at(1), at(2, { role: "replica" })], { uid: "1" });
    targets.apply(new Map([["orders", before]]));
    const [primary] = targets.of(before);
    const after = { ...before, reads: "any" as const, endpoints: [at(1, { leaving: true }), at(3)] };
    targets.apply(new Map([["orders", after]]));
    expect(targets.of(after)[0]).toBe(primary);
    expect(primary).toMatchObject({ reads: "any", leaving: true });
    const anew = { ...after, uid: "2" };
    targets.apply(new Map([["orders", anew]]));
    expect(targets.of(anew)[0]).not.toBe(primary);
  });

  test("after close() change nothing", async () => {
    const { targets, router } = targetsOf();
    targets.note(added(instance("orders", [at(1)])));
    await targets.close();
    expect(router.stats.targets).toEqual([]);
  });
});

describe("an instance without targets", () => {
  test.for([
    ["no-endpoints", { endpoints: [] }],
    ["cluster", { cluster: true }],
  ] as const)("is known: %s", ([reason, more]) => {
    const { targets, router } = targetsOf();
    const empty = instance("orders", [at(1)], { group: "shop", ...more });
    targets.apply(new Map([["orders", empty]]));
    for (const name of [{ instance: "orders" }, { group: "shop" }])
      expect(asked(router, { ...name, access: "read" })).toEqual({
        facts: [],
        code: "FLEET_ROUTER_NO_TARGET",
        reason,
      });
    targets.apply(new Map([["orders", instance("orders", [at(1)])]]));
    expect(router.pick({ instance: "orders", access: "read" }).target.address).toBe("10.0.0.1:1");
    targets.apply(new Map([["orders", undefined]]));
    expect(asked(router, { instance: "orders", access: "read" })).toMatchObject({
      code: "FLEET_ROUTER_UNKNOWN_TARGET",
    });
  });
});

const names = ["a", "b", "c", "d"] as const;
const groups = ["g", "h"] as const;

/** What there is after some sync: by name, each uid once, as discovery sees to it. */
function world(random: () => number): ReadonlyMap<string, Instance> {
  const oneOf = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const known = new Map<string, Instance>();
  const uids = new Set<string>();
  for (const name of names) {
    const uid = oneOf("1", "2", "3", "4", "5");
    if (uids.has(uid) || random() < 0.3) continue;
    uids.add(uid);
    const endpoints = ["p", "q", "r"]
      .filter(() => random() < 0.6)
      .map((uid) =>
        endpoint(
          { host: oneOf("10.0.0.1", "10.0.0.2"), port: 6379 },
          { uid, role: oneOf("primary", "replica", "unknown") },
        ),
      );
    const group = oneOf(undefined, ...groups);
    known.set(
      name,
      instance(name, endpoints, {
        uid,
        state: oneOf("ready", "ready", "drain", "maintenance"),
        reads: oneOf("primary", "replica", "any"),
        ...(group !== undefined && { group }),
        ...(random() < 0.2 && { cluster: true }),
      }),
    );
  }
  return known;
}

/** As discovery tells it: the removed, the updated, the added. */
function changesFrom(
  before: ReadonlyMap<string, Instance>,
  after: ReadonlyMap<string, Instance>,
): InstanceChange[] {
  const gone = [...before.values()].filter(({ name, uid }) => after.get(name)?.uid !== uid);
  const come = [...after.values()].filter(({ name, uid }) => before.get(name)?.uid !== uid);
  const stay = [...after.values()].filter(({ name, uid }) => before.get(name)?.uid === uid);
  return [
    ...gone.map(removed),
    ...stay.map((instance) => updated(instance, before.get(instance.name) as Instance)),
    ...come.map(added),
  ];
}

/** What a router and its targets come to: who is asked for each name, in which order of preference. */
function outcome(
  { targets, router }: ReturnType<typeof targetsOf>,
  known: ReadonlyMap<string, Instance>,
): unknown {
  const selectors = [...names.map((instance) => ({ instance })), ...groups.map((group) => ({ group }))];
  return {
    targets: [...known.values()].map((each) => targets.of(each).map(({ id, address }) => [id, address])),
    asked: selectors.map((selector) =>
      (["read", "write"] as const).map((access) => asked(router, { ...selector, access })),
    ),
    slots: router.stats.targets.length,
  };
}

describe("after any history of syncs", () => {
  test("targets and router are what they would be had everything been told at once", async () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = seededRandom(seed);
      const grown = targetsOf();
      let known: ReadonlyMap<string, Instance> = new Map();
      for (let sync = 0; sync < 10; sync += 1) {
        const next = world(random);
        for (const change of changesFrom(known, next)) grown.targets.note(change);
        known = next;
        if (random() < 0.7) await Promise.resolve();
      }
      await Promise.resolve();
      const made = targetsOf();
      made.targets.apply(known);
      expect(outcome(grown, known), `seed ${seed}`).toEqual(outcome(made, known));
    }
  });
});
