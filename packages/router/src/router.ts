import { checkOptions, printed } from "@fleet/options";
import { systemClock, type Now } from "@fleet/time";

import { pickChannel, type PickEvent, type PickOutcome } from "./channels.ts";
import {
  InvalidOptionError,
  NoTargetError,
  UnknownTargetError,
  type Refusal,
  type Requested,
} from "./errors.ts";
import { leastRequests } from "./policies/least-requests.ts";
import { whyMissing, type CandidateList, type Route } from "./route.ts";
import type { RouterOptions } from "./router-options.ts";
import { routerRules } from "./router-rules.ts";
import { Routes } from "./routes.ts";
import type { RoutingPolicy } from "./routing-policy.ts";
import { isExcluded, Selection } from "./selection.ts";
import type { Slot } from "./slot.ts";
import type { Access, Target, Vacancy } from "./target.ts";
import { IssuedTicket, type PickReason, type Ticket } from "./ticket.ts";

export interface PickTerms<T extends Target> {
  readonly access: Access;
  /** Targets already tried for this call. */
  readonly exclude?: readonly T[];
  /** The highest rank that this call may be given. @default any */
  readonly worstRank?: number;
}

/** Exactly one of `instance` and `group`. */
export type PickRequest<T extends Target> = PickTerms<T> &
  (
    | { readonly instance: string; readonly group?: never }
    | { readonly group: string; readonly instance?: never }
  );

export interface RouterStats {
  readonly policy: string;
  readonly picks: Readonly<Record<PickReason, number>>;
  readonly refusals: Readonly<Record<Refusal | "unknown-target", number>>;
  readonly targets: readonly TargetStats[];
}

export interface TargetStats {
  readonly id: string;
  readonly instance: string;
  readonly inFlight: number;
  /** Expected latency now, as the policy sees it (ms). */
  readonly latencyMs: number;
}

/** Picks one of the targets of a name, synchronously, from lists that are rebuilt only by `update()` and `replace()`. */
export class Router<T extends Target> {
  readonly #policy: RoutingPolicy;
  readonly #retryAfterMs: ((target: T) => number | undefined) | undefined;
  readonly #clock: Now;
  readonly #selection: Selection<T>;
  readonly #routes: Routes<T>;
  readonly #picks = { only: 0, policy: 0, fallback: 0 };
  readonly #refusals = {
    drain: 0,
    maintenance: 0,
    "no-primary": 0,
    "not-eligible": 0,
    excluded: 0,
    "no-endpoints": 0,
    cluster: 0,
    "unknown-target": 0,
  };

  /** @throws InvalidOptionError */
  constructor(options: RouterOptions<T> = {}) {
    checkOptions(options, routerRules, InvalidOptionError);
    this.#policy = options.policy ?? leastRequests();
    this.#retryAfterMs = options.retryAfterMs;
    this.#clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    this.#selection = new Selection(options, random);
    this.#routes = new Routes(random);
  }

  /**
   * Replaces all that is known. Calls in flight and latencies of an id that stays are kept; tickets of one that goes may
   * still be disposed.
   * @throws InvalidOptionError when a target is none, or two have the same id; the targets are then those of before.
   */
  update(targets: readonly T[]): void {
    this.#routes.update(targets);
  }

  /**
   * Replaces what is behind some names of instances, at the cost of these and their groups: targets, or a `Vacancy`, by
   * which a name is known although nothing is behind it. An empty list forgets the name.
   * @throws InvalidOptionError as `update()` does, and when a target stands under a name that is not its own.
   */
  replace(changes: ReadonlyMap<string, readonly T[] | Vacancy>): void {
    this.#routes.replace(changes);
  }

  /**
   * Chooses a target and counts the call as in flight there, at once: two picks in the same tick see each other.
   * @throws InvalidOptionError when the request is none, or a target's rank is no number of at least 0; UnknownTargetError when the name is not known; NoTargetError when none of them may take the call now.
   */
  pick(request: PickRequest<T>): Ticket<T> {
    const { access, exclude } = request;
    if (access !== "read" && access !== "write")
      throw new InvalidOptionError("access", '"read" or "write"', printed(access));
    const route = this.#route(request);
    const { preferred, fallback } = route[access];
    const now = this.#clock.now();
    const { worstRank = Number.POSITIVE_INFINITY } = request;
    const candidates = preferred.slots.length + fallback.slots.length;
    let slot: Slot<T> | undefined;
    let rank = 0;
    let next: number | undefined = 0;
    for (let round = 0; slot === undefined && next !== undefined && next <= worstRank; round += 1) {
      // There are as many ranks as candidates at most. Where ranks change during the pick, the last round takes what it may.
      rank = round <= candidates ? next : worstRank;
      this.#selection.admit(rank);
      slot = this.#choose(preferred, exclude, now) ?? this.#choose(fallback, exclude, now);
      next = round <= candidates ? this.#selection.nextRank : undefined;
    }
    if (slot === undefined) throw this.#refused(request, route);
    const reason = reasonOf(slot.target, access, candidates);
    this.#picks[reason] += 1;
    if (pickChannel.hasSubscribers) {
      const { id, instance } = slot.target;
      this.#publish(request, candidates, { outcome: "picked", instance, target: id, reason, rank });
    }
    return new IssuedTicket(slot, reason, rank, this.#clock, now);
  }

  get stats(): RouterStats {
    const now = this.#clock.now();
    return {
      policy: this.#policy.name,
      picks: { ...this.#picks },
      refusals: { ...this.#refusals },
      targets: [...this.#routes.slots].map((slot) => ({
        id: slot.target.id,
        instance: slot.target.instance,
        inFlight: slot.inFlight,
        latencyMs: slot.latencyMs(now),
      })),
    };
  }

  #choose(list: CandidateList<T>, exclude: readonly T[] | undefined, now: number): Slot<T> | undefined {
    if (list.slots.length === 0) return undefined;
    const index = this.#policy.choose(this.#selection.over(list, exclude, now));
    if (index >= 0) list.next = index + 1;
    return list.slots[index];
  }

  #route(request: PickRequest<T>): Route<T> {
    const { instance, group } = request;
    // First which kind of name it is: an absent instance name must never be looked up as an instance.
    if ((instance === undefined) === (group === undefined))
      throw new InvalidOptionError(
        "request",
        "for exactly one of instance and group",
        JSON.stringify({ instance, group }),
      );
    const route = instance === undefined ? this.#routes.group(group) : this.#routes.instance(instance);
    if (route !== undefined) return route;
    this.#refusals["unknown-target"] += 1;
    throw new UnknownTargetError(requestedBy(request));
  }

  #refused(request: PickRequest<T>, route: Route<T>): NoTargetError {
    const { access, exclude = [] } = request;
    const { preferred, fallback } = route[access];
    const slots = [...preferred.slots, ...fallback.slots];
    const refused = slots.filter(({ target }) => !isExcluded(target, exclude));
    let reason: Refusal = "not-eligible";
    if (slots.length === 0) reason = whyMissing(route, access);
    else if (refused.length === 0) reason = "excluded";
    this.#refusals[reason] += 1;
    if (pickChannel.hasSubscribers) this.#publish(request, slots.length, { outcome: "refused", reason });
    const waits = refused.map(({ target }) => this.#retryAfterMs?.(target) ?? Number.POSITIVE_INFINITY);
    const retryAfterMs = Math.min(...waits);
    return new NoTargetError(
      requestedBy(request),
      reason,
      retryAfterMs === Number.POSITIVE_INFINITY ? undefined : retryAfterMs,
    );
  }

  #publish(request: PickRequest<T>, candidates: number, outcome: PickOutcome): void {
    const { access } = request;
    const message: PickEvent = {
      access,
      policy: this.#policy.name,
      requested: requestedBy(request),
      candidates,
      ...outcome,
    };
    pickChannel.publish(message);
  }
}

function requestedBy({ instance, group }: PickRequest<Target>): Requested {
  return instance === undefined ? { group } : { instance };
}

function reasonOf({ reads, role }: Target, access: Access, candidates: number): PickReason {
  if (access === "read" && reads === "replica" && role !== "replica") return "fallback";
  return candidates === 1 ? "only" : "policy";
}
