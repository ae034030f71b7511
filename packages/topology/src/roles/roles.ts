import {
  checkOptions,
  clock as clockRule,
  complete,
  count,
  func,
  MAX_TIMER_MS,
  number,
  type Rules,
  withDefault,
} from "@fleet/options";
import { type Clock, Semaphore, systemClock } from "@fleet/time";

import { InvalidOptionError } from "../errors.ts";
import type { AskedEndpoint } from "./asked-endpoint.ts";
import { RolePoll, type RolePollOptions } from "./role-poll.ts";
import type { RoleReport } from "./role-report.ts";

export interface RolesOptions<E extends AskedEndpoint = AskedEndpoint> {
  /**
   * Between two rounds of questions while one primary is known and every replica follows it, in milliseconds; else a second at most.
   * A quarter more or less at random. @default 1000
   */
  readonly intervalMs?: number;
  /** That of an instance which has its own, in milliseconds. @default intervalMs */
  readonly intervalOf?: (instance: string) => number;
  /**
   * How far a replica may be behind the primary, in bytes of replication, to be read from. One that is further behind is read from only
   * when no other endpoint is eligible. @default Infinity
   */
  readonly maxLagBytes?: number;
  /** How many endpoints are dialed at a time only to be asked. @default 16 */
  readonly dialsAtOnce?: number;
  /** Called when roles of endpoints of this instance have changed. @default nothing */
  readonly changed?: (instance: string) => void;
  /**
   * Called when a lone endpoint is a replica: the connection leads to the wrong server, and behind the same address there may be the
   * right one by now. @default nothing
   */
  readonly redial?: (endpoint: E) => void;
  /** Called with what is new. @default nothing */
  readonly report?: (report: RoleReport) => void;
  /** Monotonic milliseconds and timers. @default performance.now and the global timers */
  readonly clock?: Clock;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

function ignore(): void {}

export const rolesRules: Rules<RolesOptions> = {
  intervalMs: withDefault(
    1000,
    number(`milliseconds above 0, at most ${MAX_TIMER_MS}`, (value) => value > 0 && value <= MAX_TIMER_MS),
  ),
  intervalOf: func,
  maxLagBytes: withDefault(
    Number.POSITIVE_INFINITY,
    number("bytes, at least 0, or Infinity", (value) => value >= 0),
  ),
  dialsAtOnce: withDefault(16, count(1)),
  changed: withDefault(ignore, func),
  redial: withDefault(ignore, func),
  report: withDefault(ignore, func),
  clock: withDefault(systemClock, clockRule),
  random: withDefault(Math.random, func),
};

/**
 * Which endpoints are primaries and which are replicas, from Redis itself. `Roles` asks the endpoints, never on the way of a call, and
 * gives each its role. Nothing here rejects, and after `close()` nothing is asked.
 */
export class Roles<E extends AskedEndpoint = AskedEndpoint> implements Disposable {
  readonly #options: RolePollOptions<E>;
  readonly #intervalOf: (instance: string) => number;
  readonly #polls = new Map<string, RolePoll<E>>();
  #isClosed = false;

  /** @throws InvalidOptionError */
  constructor(options: RolesOptions<E> = {}) {
    checkOptions(options, rolesRules, InvalidOptionError);
    const rules = rolesRules as Rules<RolesOptions<E>>;
    const { dialsAtOnce, intervalOf, ...all } = complete<RolesOptions<E>, "intervalOf">(options, rules);
    this.#intervalOf = intervalOf ?? (() => all.intervalMs);
    this.#options = { ...all, dials: new Semaphore(dialsAtOnce) };
  }

  /** The endpoints of one instance, from now on; an empty list forgets it. Their roles are decided when this returns. */
  set(instance: string, endpoints: readonly E[]): void {
    if (this.#isClosed) return;
    let poll = this.#polls.get(instance);
    if (endpoints.length === 0) {
      poll?.close();
      this.#polls.delete(instance);
      return;
    }
    if (poll === undefined) {
      poll = new RolePoll(instance, { ...this.#options, intervalMs: this.#intervalOf(instance) });
      this.#polls.set(instance, poll);
    }
    poll.set(endpoints);
  }

  /** A first call has opened connections to the endpoint: from now on its instance is asked. */
  used(endpoint: E): void {
    this.#polls.get(endpoint.instance)?.used(endpoint);
  }

  /** The endpoint refused a write with READONLY: it is no primary until it has been asked. Resolves once a primary is known or all were asked. */
  refused(endpoint: E): Promise<void> {
    return this.#polls.get(endpoint.instance)?.refused(endpoint) ?? Promise.resolve();
  }

  /** A call found the endpoint gone, hung or sick. */
  doubted(endpoint: E): void {
    this.#polls.get(endpoint.instance)?.doubted();
  }

  close(): void {
    this.#isClosed = true;
    for (const poll of this.#polls.values()) poll.close();
    this.#polls.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
