import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { FakeClock, seededRandom } from "@fleet/testkit";
import { describe, expect, it } from "vitest";

import {
  InvalidOptionError,
  NoTargetError,
  Router,
  UnknownTargetError,
  type PickEvent,
  type PickRequest,
  type RouterOptions,
  type Target,
} from "../src/index.ts";
import { target } from "./targets.ts";

function routerOf(members: readonly Target[], options: RouterOptions<Target> = {}): Router<Target> {
  // On a clock that stands all latencies are equal, so that only the rules and chance decide.
  const router = new Router<Target>({ clock: new FakeClock(), random: seededRandom(1), ...options });
  router.update(members);
  return router;
}

/** An instance `orders` of one endpoint per role given. */
function orders(roles: readonly Target["role"][], facts: Partial<Target> = {}): Target[] {
  return roles.map((role, index) => target(`${role}-${index}`, { instance: "orders", role, ...facts }));
}

const write = { instance: "orders", access: "write" } as const;
const read = { instance: "orders", access: "read" } as const;

/** Everybody whom many picks reach. */
function reached(router: Router<Target>, request: PickRequest<Target>): string[] {
  const ids = new Set<string>();
  for (let pick = 0; pick < 200; pick += 1) {
    using ticket = router.pick(request);
    ids.add(ticket.target.id);
  }
  return [...ids].toSorted();
}

function refusal(router: Router<Target>, request: PickRequest<Target>): NoTargetError {
  try {
    router.pick(request);
  } catch (error) {
    if (error instanceof NoTargetError) return error;
    throw error;
  }
  throw new Error("picked");
}

describe("a name", () => {
  it("that nobody has is an error of its own: wrong, not unavailable", () => {
    const router = routerOf(orders(["primary"]));
    expect(() => router.pick({ instance: "nobody", access: "read" })).toThrow(UnknownTargetError);
    expect(() => router.pick({ group: "nobody", access: "read" })).toThrow(
      expect.objectContaining({
        code: "FLEET_ROUTER_UNKNOWN_TARGET",
        message: 'No group "nobody" is known',
        requested: { group: "nobody" },
      }),
    );
  });

  it("of an instance is not one of a group, nor the reverse", () => {
    const router = routerOf(orders(["primary"], { group: "carts" }));
    expect(() => router.pick({ group: "orders", access: "read" })).toThrow(UnknownTargetError);
    expect(() => router.pick({ instance: "carts", access: "read" })).toThrow(UnknownTargetError);
    expect(router.pick({ group: "carts", access: "read" }).target.id).toBe("primary-0");
  });

  it("of a group leads to all its instances, an empty instance name to none", () => {
    const router = routerOf([target("a"), target("b"), target("c", { group: "other" }), target("")]);
    expect(reached(router, { group: "g", access: "write" })).toEqual(["", "a", "b"]);
    expect(router.pick({ instance: "", access: "read" }).target.id).toBe("");
  });

  it("is only looked up, whatever it says", () => {
    const router = routerOf(orders(["primary"]));
    for (const instance of ["__proto__", "constructor", "x.evil.tld/#", "a@b", "orders "])
      expect(() => router.pick({ instance, access: "read" })).toThrow(UnknownTargetError);
  });

  it("must be exactly one: instance or group", () => {
    const router = routerOf(orders(["primary"]));
    for (const request of [{ access: "read" }, { access: "read", instance: "orders", group: "g" }])
      expect(() => router.pick(request as PickRequest<Target>)).toThrow(InvalidOptionError);
  });
});

describe("writes", () => {
  it("go to the known primary only", () => {
    const router = routerOf(orders(["replica", "primary", "unknown"], { reads: "any" }));
    expect(reached(router, write)).toEqual(["primary-1"]);
  });

  it("go to the endpoints of unknown role when no primary is known", () => {
    expect(reached(routerOf(orders(["unknown"])), write)).toEqual(["unknown-0"]);
    const several = routerOf(orders(["unknown", "replica", "unknown"]));
    expect(reached(several, write)).toEqual(["unknown-0", "unknown-2"]);
  });

  it("never go elsewhere while the known primary is not eligible, drained or already tried", () => {
    const members = orders(["primary", "replica", "unknown"]);
    const sick = routerOf(members, { eligible: ({ role }) => role !== "primary" });
    expect(refusal(sick, write).reason).toBe("not-eligible");
    const drained = routerOf(
      members.map((each) => (each.role === "primary" ? { ...each, state: "drain" } : each)),
    );
    expect(refusal(drained, write).reason).toBe("drain");
    expect(refusal(routerOf(members), { ...write, exclude: members.slice(0, 1) }).reason).toBe("excluded");
  });

  it("are refused when only replicas are known", () => {
    expect(refusal(routerOf(orders(["replica", "replica"], { reads: "any" })), write).reason).toBe(
      "no-primary",
    );
  });
});

describe("reads", () => {
  it("go to the primary by default: no silent staleness", () => {
    const router = routerOf(orders(["primary", "replica"]));
    expect(reached(router, read)).toEqual(["primary-0"]);
    expect(refusal(routerOf(orders(["replica"])), read).reason).toBe("no-primary");
  });

  it("go to replicas where the instance says so", () => {
    const router = routerOf(orders(["primary", "replica", "replica"], { reads: "replica" }));
    expect(reached(router, read)).toEqual(["replica-1", "replica-2"]);
    expect(reached(router, write)).toEqual(["primary-0"]);
  });

  it("fall back to the primary visibly, while no replica is usable", () => {
    const members = orders(["primary", "replica"], { reads: "replica" });
    let up = true;
    const router = routerOf(members, { eligible: ({ role }) => up || role === "primary" });
    expect(router.pick(read)).toMatchObject({ reason: "policy", target: { id: "replica-1" } });
    up = false;
    expect(router.pick(read)).toMatchObject({ reason: "fallback", target: { id: "primary-0" } });
    expect(router.pick({ ...read, exclude: members.slice(1) }).reason).toBe("fallback");
    const none = routerOf(orders(["primary"], { reads: "replica" }));
    expect(none.pick(read).reason).toBe("fallback");
  });

  it("go to any endpoint where the instance says so", () => {
    const router = routerOf(orders(["primary", "replica", "unknown"], { reads: "any" }));
    expect(reached(router, read)).toEqual(["primary-0", "replica-1", "unknown-2"]);
  });

  it("of a group follow each instance's own rule", () => {
    const router = routerOf([
      target("a-primary", { instance: "a", reads: "replica" }),
      target("a-replica", { instance: "a", reads: "replica", role: "replica" }),
      target("b-primary", { instance: "b" }),
      target("b-replica", { instance: "b", role: "replica" }),
      target("c-primary", { instance: "c", reads: "replica" }),
    ]);
    expect(reached(router, { group: "g", access: "read" })).toEqual(["a-replica", "b-primary", "c-primary"]);
    expect(reached(router, { group: "g", access: "write" })).toEqual(["a-primary", "b-primary", "c-primary"]);
  });
});

describe("operator states", () => {
  it.each(["drain", "maintenance"] as const)(
    "%s takes no new call while another candidate is left",
    (state) => {
      const router = routerOf([target("a"), target("b", { state })]);
      expect(reached(router, { group: "g", access: "read" })).toEqual(["a"]);
      expect(refusal(router, { instance: "b", access: "read" })).toMatchObject({
        code: "FLEET_ROUTER_NO_TARGET",
        reason: state,
        retryAfterMs: undefined,
        requested: { instance: "b" },
        message: `No target of instance "b" can be picked: ${state}`,
      });
    },
  );

  it("drain is the reason where some are drained and others under maintenance", () => {
    const router = routerOf([target("a", { state: "maintenance" }), target("b", { state: "drain" })]);
    expect(refusal(router, { group: "g", access: "write" }).reason).toBe("drain");
  });

  it("a replica under maintenance leaves the reads to the others, then to the primary", () => {
    const members = orders(["primary", "replica"], { reads: "replica" });
    const router = routerOf([members[0]!, { ...members[1]!, state: "maintenance" }]);
    expect(router.pick(read)).toMatchObject({ reason: "fallback", target: { role: "primary" } });
  });

  it("lets the calls in flight of a drained target end, and takes it back as it was", () => {
    const router = routerOf([target("a")]);
    const running = router.pick({ instance: "a", access: "read" });
    router.update([target("a", { state: "drain" })]);
    expect(router.stats.targets[0]?.inFlight).toBe(1);
    running[Symbol.dispose]();
    router.update([target("a")]);
    expect(router.stats.targets[0]?.inFlight).toBe(0);
  });
});

describe("eligible and exclude", () => {
  it("asks about the picked target, not about the name", () => {
    const asked: string[] = [];
    const router = routerOf([target("a"), target("b")], {
      eligible: ({ id }) => {
        asked.push(id);
        return id === "b";
      },
    });
    expect(router.pick({ group: "g", access: "read" }).target.id).toBe("b");
    expect(asked).toContain("a");
  });

  it("says when to come back: the shortest wait of those refused", () => {
    const waits: Record<string, number | undefined> = { a: 900, b: 300, c: undefined };
    const router = routerOf([target("a"), target("b"), target("c")], {
      eligible: () => false,
      retryAfterMs: ({ id }) => waits[id],
    });
    const group = { group: "g", access: "read" } as const;
    expect(refusal(router, group)).toMatchObject({ reason: "not-eligible", retryAfterMs: 300 });
    expect(refusal(router, { ...group, exclude: [target("b")] }).retryAfterMs).toBe(900);
    expect(refusal(router, { instance: "c", access: "read" }).retryAfterMs).toBeUndefined();
  });

  it("does not pick what was tried already, by id, also after an update replaced the object", () => {
    const router = routerOf([target("a"), target("b")]);
    const first = router.pick({ group: "g", access: "read" });
    router.update([target("a"), target("b")]);
    const second = router.pick({ group: "g", access: "read", exclude: [first.target] });
    expect(second.target.id).not.toBe(first.target.id);
    const exclude = [first.target, second.target];
    expect(refusal(router, { group: "g", access: "read", exclude }).reason).toBe("excluded");
  });
});

describe("rank", () => {
  const rank = ({ id }: Target): number => ({ a: 0, b: 2, c: 7 })[id] ?? 0;

  it("asks for a higher rank only while no lower one is usable, and the ticket says which", () => {
    let sick: readonly string[] = [];
    const router = routerOf([target("a"), target("b"), target("c")], {
      rank,
      eligible: ({ id }) => !sick.includes(id),
    });
    const group = { group: "g", access: "read" } as const;
    expect(reached(router, group)).toEqual(["a"]);
    sick = ["a"];
    expect(reached(router, group)).toEqual(["b"]);
    expect(router.pick({ ...group, exclude: [target("b")] })).toMatchObject({ target: { id: "c" }, rank: 7 });
  });

  it("takes Infinity as the last of all, and refuses what is no rank", () => {
    const ranks: Record<string, number> = { a: Number.POSITIVE_INFINITY, b: 3 };
    const router = routerOf([target("a"), target("b")], { rank: ({ id }) => ranks[id]! });
    const group = { group: "g", access: "read" } as const;
    expect(reached(router, group)).toEqual(["b"]);
    expect(router.pick({ ...group, exclude: [target("b")] })).toMatchObject({ target: { id: "a" } });
    for (const wrong of [-1, Number.NaN, undefined as unknown as number, "2" as unknown as number]) {
      ranks["a"] = wrong;
      expect(() => router.pick({ ...group, exclude: [target("b")] })).toThrow(
        `rank must be a number of at least 0, got ${JSON.stringify(wrong) === "null" ? "NaN" : typeof wrong === "string" ? '"2"' : String(wrong)}`,
      );
    }
  });

  it("ends also where ranks grow while it asks for them", () => {
    let asked = 0;
    const router = routerOf([target("a"), target("b")], { rank: () => (asked += 1) });
    expect(["a", "b"]).toContain(router.pick({ group: "g", access: "read" }).target.id);
    expect(asked).toBeLessThan(20);
  });

  it("goes no further than the call allows", () => {
    const router = routerOf([target("b"), target("c")], { rank });
    const group = { group: "g", access: "read", exclude: [target("b")] } as const;
    expect(refusal(router, { ...group, worstRank: 6 }).reason).toBe("not-eligible");
    expect(router.pick({ ...group, worstRank: 7 }).target.id).toBe("c");
  });

  it("prefers the fallback of a low rank to the preferred of a higher one", () => {
    const members = orders(["primary", "replica"], { reads: "replica" });
    const router = routerOf(members, { rank: ({ role }) => (role === "replica" ? 1 : 0) });
    expect(router.pick(read)).toMatchObject({ target: { role: "primary" }, reason: "fallback", rank: 0 });
  });

  it("publishes one decision for a pick, whatever it had to fall back on", () => {
    const router = routerOf([target("c")], { rank });
    const messages: PickEvent[] = [];
    const listen = (message: unknown): void => void messages.push(message as PickEvent);
    subscribe("fleet:router:pick", listen);
    router.pick({ group: "g", access: "read" });
    unsubscribe("fleet:router:pick", listen);
    expect(messages).toMatchObject([{ outcome: "picked", target: "c", rank: 7 }]);
    expect(router.stats.refusals["not-eligible"]).toBe(0);
  });
});

describe("a ticket", () => {
  it("hands back the very object of the last update", () => {
    const mine = { ...target("a"), host: "10.0.0.7" };
    const router = new Router<typeof mine>();
    router.update([mine]);
    expect(router.pick({ instance: "a", access: "read" }).target).toBe(mine);
    const newer = { ...mine, host: "10.0.0.8" };
    router.update([newer]);
    expect(router.pick({ instance: "a", access: "read" }).target).toBe(newer);
  });

  it("ends once, however often it is disposed", () => {
    const router = routerOf([target("a")]);
    const one = router.pick({ instance: "a", access: "read" });
    router.pick({ instance: "a", access: "read" });
    for (let again = 0; again < 5; again += 1) one[Symbol.dispose]();
    expect(router.stats.targets[0]?.inFlight).toBe(1);
  });

  it("ends with its scope on every way out", async () => {
    const router = routerOf([target("a")]);
    const call = async (how: "return" | "throw" | "reject"): Promise<void> => {
      using _ticket = router.pick({ instance: "a", access: "read" });
      if (how === "throw") throw new Error("at once");
      await (how === "reject" ? Promise.reject(new Error("later")) : Promise.resolve());
    };
    await Promise.allSettled([call("return"), call("throw"), call("reject")]);
    expect(router.stats.targets[0]?.inFlight).toBe(0);
  });

  it("of a target that left counts for nobody, also when the id comes back", () => {
    const router = routerOf([target("a")]);
    const old = router.pick({ instance: "a", access: "read" });
    router.update([]);
    router.update([target("a")]);
    expect(router.stats.targets[0]?.inFlight).toBe(0);
    old[Symbol.dispose]();
    expect(router.stats.targets[0]?.inFlight).toBe(0);
  });

  it("says only where there was nothing to choose", () => {
    expect(routerOf([target("a")]).pick({ instance: "a", access: "write" }).reason).toBe("only");
    expect(routerOf([target("a"), target("b")]).pick({ group: "g", access: "write" }).reason).toBe("policy");
  });
});

describe("update", () => {
  it("forgets names that went and knows names that came", () => {
    const router = routerOf([target("a")]);
    router.update([target("b")]);
    expect(() => router.pick({ instance: "a", access: "read" })).toThrow(UnknownTargetError);
    expect(router.pick({ instance: "b", access: "read" }).target.id).toBe("b");
  });

  it("refuses two targets with one id and keeps those of before", () => {
    const router = routerOf([target("a")]);
    const twice = [target("b"), target("c"), target("b", { role: "replica" })];
    expect(() => router.update(twice)).toThrow('id must be unique among targets, got "b"');
    expect(() => router.update(twice)).toThrow(
      expect.objectContaining({ code: "FLEET_ROUTER_INVALID_OPTION" }),
    );
    expect(router.pick({ instance: "a", access: "read" }).target.id).toBe("a");
  });

  it("does not look at the array it was given again", () => {
    const members = [target("a"), target("b")];
    const router = routerOf(members);
    members.length = 0;
    expect(reached(router, { group: "g", access: "read" })).toEqual(["a", "b"]);
  });
});

describe("observation", () => {
  it("publishes every decision on fleet:router:pick, refusals too, while somebody listens", () => {
    const heard: PickEvent[] = [];
    const listen = (message: unknown): void => void heard.push(message as PickEvent);
    const router = routerOf([
      ...orders(["primary", "replica"], { reads: "replica" }),
      target("a", { state: "drain" }),
    ]);
    router.pick(read);
    subscribe("fleet:router:pick", listen);
    router.pick(read);
    refusal(router, { instance: "a", access: "write" });
    unsubscribe("fleet:router:pick", listen);
    router.pick(read);
    const common = { access: "read", policy: "least-requests", requested: { instance: "orders" } };
    expect(heard).toEqual([
      {
        ...common,
        candidates: 2,
        outcome: "picked",
        instance: "orders",
        target: "replica-1",
        reason: "policy",
        rank: 0,
      },
      {
        access: "write",
        policy: "least-requests",
        requested: { instance: "a" },
        candidates: 0,
        outcome: "refused",
        reason: "drain",
      },
    ]);
  });

  it("counts picks and refusals by reason", () => {
    const router = routerOf([
      ...orders(["primary", "replica"], { reads: "replica" }),
      target("a", { state: "drain" }),
    ]);
    router.pick(read);
    router.pick(write);
    refusal(router, { instance: "a", access: "write" });
    expect(() => router.pick({ instance: "nobody", access: "read" })).toThrow(UnknownTargetError);
    expect(router.stats).toMatchObject({
      policy: "least-requests",
      picks: { only: 1, policy: 1, fallback: 0 },
      refusals: { drain: 1, "unknown-target": 1, excluded: 0 },
    });
    expect(router.stats.targets.map(({ id, inFlight }) => [id, inFlight])).toEqual([
      ["primary-0", 1],
      ["replica-1", 1],
      ["a", 0],
    ]);
  });
});
