import { BrokenCircuitError, RetryBudget, type RetryBudgetOptions } from "@fleet/breaker";
import type { ReplyError } from "@fleet/pool";
import type { RedisPool } from "@fleet/pool/ioredis";
import { NoTargetError, type Router, type RoutingPolicy } from "@fleet/router";
import { type Clock, sleep } from "@fleet/time";
import type { Roles } from "@fleet/topology";

import type { EndpointTarget } from "../endpoints/endpoint-target.ts";
import { ranks } from "../endpoints/ranks.ts";
import type { Call } from "./call.ts";
import { Picks } from "./picks.ts";
import { isOfReplica, isReadonly } from "./readonly-error.ts";
import type { Successions } from "./successions.ts";
import { verdictOf } from "./verdict.ts";

/** Longest pause before the same endpoint is asked again, in milliseconds. */
const longestPauseMs = 512;

const settled = Promise.resolve();

/** What comes before another attempt: some milliseconds, or an answer. */
type Pause = number | Promise<void>;

export interface WalkOptions {
  /** @default leastRequests() */
  readonly policy?: RoutingPolicy;
  readonly retryBudget?: Omit<RetryBudgetOptions, "clock">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly roles: Pick<Roles<EndpointTarget>, "refused" | "doubted">;
  readonly successions: Pick<Successions, "await">;
  /** Ends the pauses between attempts. */
  readonly closing: AbortSignal;
}

/**
 * The steps between a call and its answer: ticket, permit, attempt, and back. `begin()` and `end()` are all that the happy path
 * runs, and both are synchronous; everything that a fault costs is in `again()`.
 */
export class Walk {
  readonly router: Router<EndpointTarget>;
  readonly #options: WalkOptions;
  readonly #clock: Clock;
  readonly #budget: RetryBudget;
  readonly #picks: Picks;
  /** The time as last read; router and budget go by it. */
  #now: number;
  /** Whether `#now` was read since the replies of this turn came in. */
  #current = false;
  readonly #outdate = (): void => {
    this.#current = false;
  };

  constructor(options: WalkOptions) {
    const { policy, clock, random } = options;
    const lastRead = { now: () => this.#now };
    this.#options = options;
    this.#clock = clock;
    this.#now = clock.now();
    this.#budget = new RetryBudget({ ...options.retryBudget, clock: lastRead });
    this.#picks = new Picks({ ...(policy && { policy }), clock: lastRead, random });
    this.router = this.#picks.router;
  }

  /** The time. */
  now(): number {
    return (this.#now = this.#clock.now());
  }

  /**
   * The time, good enough for accounting: read once for all calls that begin or end in one run of the microtask queue, since replies
   * that came in one read of the socket end there one after the other. Reading it for each is a tenth of a call's cost.
   */
  glance(): number {
    if (this.#current) return this.#now;
    this.#current = true;
    void settled.then(this.#outdate);
    return this.now();
  }

  /** Takes a ticket and a permit, and answers the pool to use. */
  begin(call: Call): RedisPool {
    const ticket = this.#picks.pick(call);
    const { target } = ticket;
    call.ticket = ticket;
    call.target = target;
    target.inFlight += 1;
    const { pool } = target;
    const permit = target.breaker.tryAcquire();
    if (!permit.admitted) throw new BrokenCircuitError(target.name, permit, target.failure);
    call.permit = permit;
    call.attempts += 1;
    if (call.attempts > 1) call.retriedAt = this.#now;
    else {
      this.#budget.request();
      // One that hangs must leave time to ask another.
      if (ticket.reason === "policy" && call.access === "read" && target.terms.retries > 0)
        call.deadline = call.startedAt + call.timeoutMs / 2;
    }
    return pool;
  }

  /** The attempt under way was answered. */
  end(call: Call): void {
    this.glance();
    call.permit?.success();
    this.#release(call);
  }

  /** A first attempt, and whatever has to follow it. */
  async through<T>(call: Call, attempt: (pool: RedisPool) => Promise<T>): Promise<T> {
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
  async again<T>(call: Call, failure: unknown, attempt: (pool: RedisPool) => Promise<T>): Promise<T> {
    const tried: EndpointTarget[] = [];
    let error = failure;
    for (;;) {
      const pause = this.#settle(call, error);
      let pool = await this.#beginWithSuccessor(call, error);
      if (pool === undefined) {
        if (pause === undefined) throw error;
        if (call.target !== undefined) tried.push(call.target);
        pool = this.#beginElsewhere(call, tried) ?? (await this.#beginAfter(call, pause, error));
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

  /** The attempt under way went wrong: tells breaker and router. Answers what to wait for before the next one, if there may be one. */
  #settle(call: Call, error: unknown): Pause | undefined {
    const { permit, ticket, target } = call;
    // Without a permit nobody was asked: a name nobody knows, a refusing breaker, credentials that cannot be resolved.
    if (permit === undefined || target === undefined) {
      this.#release(call);
      return undefined;
    }
    const { random, closing, roles } = this.#options;
    const now = this.now();
    const verdict = verdictOf(call, error);
    /** Fell with others, of which one is counted for all. */
    let shared = false;
    if (verdict.countsAsFailure) {
      shared = isLoss(error) && !target.lost(now, call.attemptedAt);
      if (shared) permit.ignore();
      else permit.failure();
      target.failed(now, error);
      ticket?.failed();
      if (target.role !== "replica") roles.doubted(target);
    } else if (verdict.outcome === "replied") permit.success();
    else permit.ignore();
    this.#release(call);
    const asked = isReadonly(error) ? roles.refused(target) : undefined;
    const again =
      verdict.recoverable &&
      (call.access === "read" || verdict.outcome === "not-sent" || isOfReplica(error)) &&
      !call.final &&
      call.attempts <= target.terms.retries &&
      now < call.giveUpAt &&
      !closing.aborted &&
      (shared || asked !== undefined || this.#budget.tryRetry());
    if (!again) return undefined;
    call.deadline = call.giveUpAt;
    return asked ?? random() * Math.min(longestPauseMs, verdict.retryDelayMs * 2 ** (call.attempts - 1));
  }

  /** Begins on an endpoint that was not tried yet, if there is one. */
  #beginElsewhere(call: Call, tried: readonly EndpointTarget[]): RedisPool | undefined {
    call.exclude = tried;
    // The endpoint that was asked already, a pause later, is a better choice than a dead one.
    call.worstRank = ranks.leaving;
    try {
      return this.begin(call);
    } catch {
      this.#release(call);
      return undefined;
    } finally {
      call.exclude = [];
      call.worstRank = undefined;
    }
  }

  /** Begins on whoever is eligible after the pause, tried or not. Throws the error of the last attempt when nobody is. */
  async #beginAfter(call: Call, pause: Pause, error: unknown): Promise<RedisPool> {
    const { closing } = this.#options;
    const leftMs = call.giveUpAt - this.#now;
    if (typeof pause === "number" && pause >= leftMs) throw error;
    if (typeof pause === "number") await sleep(this.#clock, pause, closing, call.signal);
    else await this.#until(pause, leftMs, call);
    this.now();
    call.signal?.throwIfAborted();
    if (closing.aborted) throw error;
    try {
      return this.begin(call);
    } catch (next) {
      this.#release(call);
      const pool = await this.#beginWithSuccessor(call, next);
      if (pool === undefined) throw error;
      return pool;
    }
  }

  /**
   * Where the instance has lost its primary, or all its endpoints, a moment ago: waits for somebody to take over and begins there.
   * Undefined where that is not so, or did not happen in time.
   */
  async #beginWithSuccessor(call: Call, error: unknown): Promise<RedisPool | undefined> {
    const { successions, closing } = this.#options;
    const { instance } = call;
    if (instance === undefined || call.final || !isVacant(error)) return undefined;
    const wait = (found: Promise<void>, ms: number): Promise<void> =>
      this.#until(found, Math.min(ms, call.giveUpAt - this.now()), call);
    while (this.now() < call.giveUpAt && (await successions.await(instance, wait))) {
      call.signal?.throwIfAborted();
      if (closing.aborted) return undefined;
      try {
        this.now();
        const pool = this.begin(call);
        call.deadline = call.giveUpAt;
        return pool;
      } catch (next) {
        this.#release(call);
        if (!isVacant(next)) return undefined;
      }
    }
    return undefined;
  }

  /** Until the promise resolves, the time is up, the caller leaves or the fleet closes. */
  async #until(promise: Promise<void>, ms: number, { signal }: Call): Promise<void> {
    const over = new AbortController();
    void promise.then(() => over.abort());
    await sleep(this.#clock, ms, this.#options.closing, signal, over.signal);
  }

  #release(call: Call): void {
    const { ticket, target } = call;
    if (ticket === undefined || target === undefined) return;
    target.inFlight -= 1;
    ticket[Symbol.dispose]();
    call.ticket = undefined;
    call.permit = undefined;
  }
}

const losses: ReadonlySet<unknown> = new Set([
  "FLEET_POOL_CONNECTION_LOST",
  "FLEET_POOL_CONNECT_FAILED",
  "FLEET_POOL_AUTHENTICATION",
]);

/** Whether it is the end of a connection, or of a dial, that all calls on it see. */
function isLoss(error: unknown): boolean {
  return losses.has((error as { readonly code?: unknown }).code);
}

/** Whether there is nobody to ask, where somebody may be soon. */
function isVacant(error: unknown): boolean {
  return error instanceof NoTargetError && (error.reason === "no-primary" || error.reason === "no-endpoints");
}
