import {
  BrokenCircuitError,
  type Retry,
  RetryBudget,
  type RetryBudgetOptions,
  RetryPolicy,
} from "@fleet/breaker";
import type { ReplyError } from "@fleet/pool";
import type { Router, RoutingPolicy } from "@fleet/router";
import { type Clock, sleep } from "@fleet/time";
import type { Roles } from "@fleet/topology";

import type { EndpointTarget } from "../endpoints/endpoint-target.ts";
import { ranks } from "../endpoints/ranks.ts";
import type { FleetOptions } from "../fleet-options.ts";
import type { Connections } from "../users/project-lanes.ts";
import type { Call } from "./call.ts";
import { type Failovers, isVacant } from "./failover.ts";
import { LastReadClock } from "./last-read-clock.ts";
import { Picks } from "./picks.ts";
import { isOfReplica, isReadonly } from "./readonly-error.ts";
import { release, type Settled, settleAnswered, settleFailed } from "./settle.ts";
import { waitFor } from "./wait-for.ts";

export interface WalkOptions {
  /** @default leastRequests() */
  readonly policy?: RoutingPolicy;
  readonly retryBudget?: Omit<RetryBudgetOptions, "clock">;
  readonly retry?: NonNullable<FleetOptions["retry"]>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly roles: Pick<Roles<EndpointTarget>, "refused" | "doubted">;
  readonly failovers: Pick<Failovers, "wait">;
  /** Ends the pauses between attempts. */
  readonly closing: AbortSignal;
}

/** Leave for another attempt, and what may have to come before it besides a pause. */
interface Again extends Retry {
  readonly asked: Promise<void> | undefined;
}

/**
 * The steps between a call and its answer: ticket, permit, attempt, and back. `begin()` and `end()` are all that the happy path
 * runs, and both are synchronous; everything that a fault costs is in `again()`.
 */
export class Walk {
  readonly router: Router<EndpointTarget>;
  readonly clock: LastReadClock;
  readonly #options: WalkOptions;
  readonly #retryPolicy: RetryPolicy;
  readonly #budget: RetryBudget;
  readonly #picks: Picks;

  constructor(options: WalkOptions) {
    const { policy, clock, random } = options;
    this.#options = options;
    this.clock = new LastReadClock(clock);
    this.#budget = new RetryBudget({ ...options.retryBudget, clock: this.clock });
    this.#retryPolicy = new RetryPolicy({ ...options.retry, budget: this.#budget, random });
    this.#picks = new Picks({ ...(policy && { policy }), clock: this.clock, random });
    this.router = this.#picks.router;
  }

  /** Takes a ticket and a permit, and answers the pool to use. */
  begin(call: Call): Connections {
    const ticket = this.#picks.pick(call);
    const { target } = ticket;
    call.ticket = ticket;
    call.target = target;
    target.inFlight += 1;
    const pool =
      call.project === undefined ? target.pool : target.connectionsOf(call.project, call.startedAt);
    const permit = target.breaker.tryAcquire();
    if (!permit.admitted) throw new BrokenCircuitError(target.name, permit, target.failure);
    call.permit = permit;
    call.attempts += 1;
    if (call.attempts > 1) call.retriedAt = this.clock.now();
    else {
      this.#budget.request();
      // An endpoint that hangs must leave time to ask another.
      if (ticket.reason === "policy" && call.access === "read" && target.terms.retries > 0)
        call.deadline = call.startedAt + call.timeoutMs / 2;
    }
    return pool;
  }

  /** The attempt under way was answered. */
  end(call: Call): void {
    settleAnswered(call, this.clock.glance());
  }

  /** A first attempt, and whatever has to follow it. */
  async through<T>(call: Call, attempt: (pool: Connections) => Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await attempt(this.begin(call));
    } catch (error) {
      return this.again(call, error, attempt);
    }
    this.end(call);
    return value;
  }

  /** After a failed attempt: settles it, then tries again for as long as that is allowed; else throws the last error. */
  async again<T>(call: Call, failure: unknown, attempt: (pool: Connections) => Promise<T>): Promise<T> {
    const tried: EndpointTarget[] = [];
    let error = failure;
    for (;;) {
      const again = this.#decide(call, error);
      let pool = await this.#beginWithSuccessor(call, error);
      if (pool === undefined) {
        if (again === undefined) throw error;
        if (call.target !== undefined) tried.push(call.target);
        pool = this.#beginElsewhere(call, tried) ?? (await this.#beginAfter(call, again, error));
      }
      let value: T;
      try {
        value = await attempt(pool);
      } catch (next) {
        error = next;
        continue;
      }
      this.end(call);
      return value;
    }
  }

  /** One command of a batch was refused. */
  refused({ target }: Call, error: ReplyError): void {
    if (target !== undefined && isReadonly(error)) void this.#options.roles.refused(target);
  }

  /** Settles the attempt that failed. Undefined where there may not be another one. */
  #decide(call: Call, error: unknown): Again | undefined {
    const now = this.clock.read();
    const settled = settleFailed(call, error, now, this.#options.roles);
    if (settled === undefined || call.isFinal || this.#options.closing.aborted) return undefined;
    const retry = this.#retryPolicy.next({ ...this.#facts(call, error, settled), now });
    if (retry === undefined) return undefined;
    call.deadline = call.giveUpAt;
    return { ...retry, asked: settled.asked };
  }

  #facts({ attempts, access, giveUpAt }: Call, error: unknown, settled: Settled) {
    const { verdict, target, isShared, asked } = settled;
    return {
      attempts,
      access,
      outcome: isOfReplica(error) ? "not-sent" : verdict.outcome,
      isRecoverable: verdict.recoverable,
      delayMs: verdict.retryDelayMs,
      deadline: giveUpAt,
      retries: target.terms.retries,
      isCharged: !isShared && asked === undefined,
    } as const;
  }

  /** Begins on an endpoint that was not tried yet, if there is one. */
  #beginElsewhere(call: Call, tried: readonly EndpointTarget[]): Connections | undefined {
    call.exclude = tried;
    // The endpoint that was asked already, a pause later, is a better choice than a dead one.
    call.worstRank = ranks.leaving;
    try {
      return this.begin(call);
    } catch {
      release(call);
      return undefined;
    } finally {
      call.exclude = [];
      call.worstRank = undefined;
    }
  }

  /** Begins on any endpoint that is eligible after the pause, tried or not. Throws the error of the last attempt when none is. */
  async #beginAfter(call: Call, { afterMs, asked }: Again, error: unknown): Promise<Connections> {
    const { clock, closing } = this.#options;
    const leftMs = call.giveUpAt - this.clock.now();
    if (asked !== undefined) await waitFor(asked, clock, leftMs, closing, call.signal);
    else if (afterMs !== undefined && afterMs < leftMs) await sleep(clock, afterMs, closing, call.signal);
    else throw error;
    this.clock.read();
    call.signal?.throwIfAborted();
    if (closing.aborted) throw error;
    try {
      return this.begin(call);
    } catch (next) {
      release(call);
      const pool = await this.#beginWithSuccessor(call, next);
      if (pool === undefined) throw error;
      return pool;
    }
  }

  /**
   * Where the instance has lost its primary, or all its endpoints, a moment ago: waits for a successor and begins there. Undefined where
   * that is not so, or did not happen in time.
   */
  async #beginWithSuccessor(call: Call, error: unknown): Promise<Connections | undefined> {
    const { failovers, closing } = this.#options;
    const { instance, signal, giveUpAt: deadline } = call;
    if (instance === undefined || call.isFinal || !isVacant(error)) return undefined;
    while (this.clock.read() < deadline && (await failovers.wait(instance, { deadline, signal }))) {
      signal?.throwIfAborted();
      if (closing.aborted) return undefined;
      try {
        this.clock.read();
        const pool = this.begin(call);
        call.deadline = deadline;
        return pool;
      } catch (next) {
        release(call);
        if (!isVacant(next)) return undefined;
      }
    }
    return undefined;
  }
}
