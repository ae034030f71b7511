import { FakeClock, seededRandom } from "@fleet/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  leastRequests,
  NoTargetError,
  roundRobin,
  Router,
  UnknownTargetError,
  type PickRequest,
  type Target,
  type Ticket,
  type Vacancy,
} from "../src/index.ts";

const facts = fc.record({
  id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
  instance: fc.constantFrom("orders", "sessions"),
  group: fc.constantFrom("carts", "other"),
  role: fc.constantFrom("primary" as const, "replica" as const, "unknown" as const),
  state: fc.constantFrom("ready" as const, "ready" as const, "drain" as const, "maintenance" as const),
  reads: fc.constantFrom("primary" as const, "replica" as const, "any" as const),
});

const members = fc.uniqueArray(facts, { selector: ({ id }) => id, maxLength: 6 });
const names: fc.Arbitrary<readonly string[]> = fc.subarray(["a", "b", "c", "d", "e", "f"]);
const access = fc.constantFrom("read" as const, "write" as const);

const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("update" as const), members }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("replace" as const),
      instance: fc.constantFrom("orders", "sessions"),
      by: fc.oneof(
        members,
        fc.record({
          reason: fc.constantFrom("no-endpoints" as const, "cluster" as const),
          group: fc.constantFrom("carts", "other"),
        }),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sick" as const), names }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("ranks" as const),
      ranks: fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.nat(3)),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("pick" as const),
      access,
      name: fc.constantFrom("orders", "sessions", "carts", "nobody"),
      exclude: fc.oneof({ weight: 3, arbitrary: fc.constant<readonly string[]>([]) }, names),
      worstRank: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("dispose" as const), which: fc.nat(20) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Who may take the call, as the README tells it: each rule by itself, without lists prepared in advance. */
function allowed(
  all: readonly Target[],
  request: PickRequest<Target>,
  usable: (target: Target) => boolean,
): Target[] {
  const named = all.filter(({ instance, group }) => instance === request.instance || group === request.group);
  const ready = named.filter(({ state }) => state === "ready");
  const writable = ({ instance, role }: Target): boolean =>
    role === "primary" ||
    (role === "unknown" && !named.some((each) => each.instance === instance && each.role === "primary"));
  if (request.access === "write") return ready.filter((each) => writable(each) && usable(each));
  const replicas = (instance: string): boolean =>
    ready.some((each) => each.instance === instance && each.role === "replica");
  const first = ready.filter((each) => {
    if (each.reads === "any") return true;
    if (each.reads === "replica")
      return each.role === "replica" || (writable(each) && !replicas(each.instance));
    return writable(each);
  });
  const preferred = first.filter(usable);
  return preferred.length > 0
    ? preferred
    : ready.filter((each) => each.reads === "replica" && writable(each) && usable(each));
}

/** A vacancy is the reason where there is nothing else; a name whose instances differ in it has no endpoints yet. */
function saysWhy({ reason }: NoTargetError, known: readonly (Target | Vacancy)[]): boolean {
  const vacancies = known.filter((each) => "reason" in each);
  if (vacancies.length < known.length) return reason !== "no-endpoints" && reason !== "cluster";
  return reason === (vacancies.every((each) => each.reason === "cluster") ? "cluster" : "no-endpoints");
}

/** A router and what must be true of it after every step. */
class Walk {
  readonly #router: Router<Target>;
  readonly #tickets: Ticket<Target>[] = [];
  /** Calls in flight by target id, as counted here. */
  #inFlight = new Map<string, number>();
  /** Tickets whose target has left since they were given. */
  readonly #orphans = new Set<Ticket<Target>>();
  readonly #done = new Set<Ticket<Target>>();
  #members: readonly Target[] = [];
  /** What is known without members, by the name of the instance. */
  #vacancies: ReadonlyMap<string, Vacancy> = new Map();
  #sick: readonly string[] = [];
  #ranks: Readonly<Record<string, number>> = {};

  constructor(policy: "least requests" | "round robin", seed: number) {
    this.#router = new Router<Target>({
      policy: policy === "round robin" ? roundRobin() : leastRequests(),
      eligible: ({ id }) => !this.#sick.includes(id),
      rank: ({ id }) => this.#ranks[id] ?? 0,
      clock: new FakeClock(),
      random: seededRandom(seed),
    });
    this.#least = policy === "least requests";
  }
  readonly #least: boolean;

  take(step: Step): void {
    switch (step.kind) {
      case "update":
        this.#vacancies = new Map();
        this.#router.update(step.members);
        return this.#follow(step.members);
      case "replace":
        return this.#replace(step);
      case "sick":
        this.#sick = step.names;
        return undefined;
      case "ranks":
        this.#ranks = step.ranks;
        return undefined;
      case "dispose":
        return this.#dispose(step.which);
      default:
        return this.#pick(step);
    }
  }

  #replace({ instance, by }: Extract<Step, { kind: "replace" }>): void {
    const others = this.#members.filter((each) => each.instance !== instance);
    const vacancies = new Map(this.#vacancies);
    vacancies.delete(instance);
    if ("reason" in by) vacancies.set(instance, by);
    // An id that another instance has may not come here too.
    const taken = new Set(others.map(({ id }) => id));
    const members =
      "reason" in by ? [] : by.filter(({ id }) => !taken.has(id)).map((each) => ({ ...each, instance }));
    this.#router.replace(new Map([[instance, "reason" in by ? by : members]]));
    this.#vacancies = vacancies;
    this.#follow([...others, ...members]);
  }

  #follow(members: readonly Target[]): void {
    const stay = new Set(members.map(({ id }) => id));
    for (const ticket of this.#tickets) if (!stay.has(ticket.target.id)) this.#orphans.add(ticket);
    this.#inFlight = new Map([...stay].map((id) => [id, this.#inFlight.get(id) ?? 0]));
    this.#members = members;
  }

  #dispose(which: number): void {
    const ticket = this.#tickets.at(-1 - which); // often one that was disposed before
    if (ticket === undefined) return;
    ticket[Symbol.dispose]();
    if (!this.#done.has(ticket) && !this.#orphans.has(ticket)) this.#count(ticket.target.id, -1);
    this.#done.add(ticket);
  }

  #pick({ access, name, exclude, worstRank }: Extract<Step, { kind: "pick" }>): void {
    const tried = this.#members.filter(({ id }) => exclude.includes(id));
    const terms = { access, exclude: tried, ...(worstRank !== undefined && { worstRank }) };
    const request: PickRequest<Target> =
      name === "carts" ? { ...terms, group: name } : { ...terms, instance: name };
    const usable = ({ id }: Target): boolean => !exclude.includes(id) && !this.#sick.includes(id);
    const rankOf = ({ id }: Target): number => this.#ranks[id] ?? 0;
    const candidates =
      [0, 1, 2, 3]
        .filter((rank) => rank <= (worstRank ?? 3))
        .map((rank) => allowed(this.#members, request, (each) => usable(each) && rankOf(each) <= rank))
        .find((found) => found.length > 0) ?? [];
    const known = [...this.#members, ...this.#vacant].filter(
      (each) => each.instance === request.instance || each.group === request.group,
    );
    let ticket: Ticket<Target>;
    try {
      ticket = this.#router.pick(request);
    } catch (error) {
      const right =
        known.length === 0
          ? error instanceof UnknownTargetError
          : error instanceof NoTargetError && candidates.length === 0 && saysWhy(error, known);
      if (!right) throw new Error(`refused, though ${candidates.length} could be picked`, { cause: error });
      return;
    }
    if (!candidates.includes(ticket.target))
      throw new Error(`picked ${ticket.target.id}, which may not take the call`);
    if (ticket.rank !== rankOf(ticket.target)) throw new Error(`the ticket says rank ${ticket.rank}`);
    const least = Math.min(...candidates.map(({ id }) => this.#inFlight.get(id) ?? 0));
    if (this.#least && this.#inFlight.get(ticket.target.id) !== least) throw new Error("picked a busier one");
    this.#tickets.push(ticket);
    this.#count(ticket.target.id, 1);
  }

  #count(id: string, change: number): void {
    this.#inFlight.set(id, (this.#inFlight.get(id) ?? 0) + change);
  }

  get #vacant(): (Vacancy & { readonly instance: string })[] {
    return [...this.#vacancies].map(([instance, vacancy]) => ({ ...vacancy, instance }));
  }

  get counted(): Record<string, number> {
    return Object.fromEntries(this.#inFlight);
  }

  get reported(): Record<string, number> {
    return Object.fromEntries(this.#router.stats.targets.map(({ id, inFlight }) => [id, inFlight]));
  }
}

describe("the router", () => {
  it.each(["least requests", "round robin"] as const)(
    "picks only whom the rules allow, refuses only when there is nobody, and never miscounts: %s",
    (policy) => {
      const steps = fc.array(step, { maxLength: 100, size: "max" });
      const property = fc.property(members, steps, fc.nat(1_000), (initial, walk, seed) => {
        const router = new Walk(policy, seed);
        router.take({ kind: "update", members: initial });
        for (const each of walk) {
          router.take(each);
          expect(router.reported).toEqual(router.counted);
        }
      });
      expect(fc.defaultReportMessage(fc.check(property, { seed: 20_26, numRuns: 400 }))).toBeUndefined();
    },
  );
});
