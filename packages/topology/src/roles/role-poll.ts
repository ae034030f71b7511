import { type Clock, type Semaphore, unref } from "@fleet/time";

import type { AskedEndpoint } from "./asked-endpoint.ts";
import type { Entry } from "./replication.ts";
import { type Decided, RoleBook } from "./role-book.ts";
import type { RoleReport } from "./role-report.ts";

export interface RolePollOptions<E extends AskedEndpoint> {
  readonly intervalMs: number;
  readonly maxLagBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly changed: (instance: string) => void;
  readonly redial: (endpoint: E) => void;
  readonly report: (report: RoleReport) => void;
  /** Bounds the dials that serve only to ask. */
  readonly dials: Semaphore;
}

/** Between two rounds of questions while no primary is known, several are, or a replica may not be read from, in ms; also how long an answer may take. */
const urgentMs = 1000;

/** Asks the endpoints of one instance for their roles: which of them, and when. */
export class RolePoll<E extends AskedEndpoint> {
  readonly #instance: string;
  readonly #options: RolePollOptions<E>;
  readonly #book: RoleBook<E>;
  readonly #questions = new WeakMap<Entry, Promise<void>>();
  /** Whether anything is asked at all: not before there is a need, or a first call. */
  #isWatched = false;
  #timer: unknown;
  #doubtedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(instance: string, options: RolePollOptions<E>) {
    this.#instance = instance;
    this.#options = options;
    this.#book = new RoleBook(instance, options.report, options.maxLagBytes);
  }

  /** These are the endpoints now. Their roles are decided when this returns, by what is known so far. */
  set(endpoints: readonly E[]): void {
    const wasSettled = this.#isSettled;
    const { isRenamed, isDispute } = this.#book.set(endpoints);
    if (isDispute) void this.#ask(endpoints);
    const isLost = wasSettled && !this.#isSettled;
    if (isLost || (isRenamed && this.#isWatched)) void this.#watch(endpoints);
    else if (endpoints.length > 1) {
      const unknown = endpoints.filter((endpoint) => this.#isUnknown(endpoint));
      if (unknown.length > 0) void this.#watch(unknown);
    }
  }

  /** A first call has opened connections to the endpoint. All are asked: whether a replica follows this one, the replica says. */
  used(endpoint: E): void {
    const entry = this.#book.entry(endpoint);
    if (entry === undefined || (this.#isAlone && endpoint.hint !== "replica")) return;
    if (!entry.isPending) void this.#watch(this.#book.endpoints);
  }

  /** The endpoint answered READONLY. Resolves once a primary is known or every endpoint has been asked. */
  refused(endpoint: E): Promise<void> {
    const entry = this.#book.entry(endpoint);
    if (entry === undefined || this.#isClosed) return Promise.resolve();
    this.#isWatched = true;
    this.#decided(() => this.#book.refused(entry));
    return this.#watch(this.#book.endpoints);
  }

  /** A primary did not answer, or in no useful way. */
  doubted(): void {
    // While things are unsettled every endpoint is asked each second as it is.
    if (!this.#isWatched || !this.#isSettled) return;
    const now = this.#options.clock.now();
    if (now - this.#doubtedAt < urgentMs) return;
    this.#doubtedAt = now;
    void this.#watch(this.#book.endpoints);
  }

  close(): void {
    this.#isClosed = true;
    this.#options.clock.clearTimeout(this.#timer);
  }

  get #isSettled(): boolean {
    return !this.#isWatched || this.#book.isSettled;
  }

  get #isAlone(): boolean {
    return this.#book.endpoints.length === 1;
  }

  #isUnknown(endpoint: E): boolean {
    const entry = this.#book.entry(endpoint);
    if (entry?.said !== undefined) return false;
    // One that joins an instance in use is not read from before it has answered, and no first call opens a pool there any more.
    const isInUse = this.#isWatched || this.#book.endpoints.some((each) => each.isInUse);
    return endpoint.hint === "unknown" || (isInUse && entry?.wasAsked === false);
  }

  #watch(endpoints: readonly E[]): Promise<void> {
    this.#isWatched = true;
    const asked = this.#ask(endpoints);
    this.#schedule();
    return asked;
  }

  #schedule(): void {
    const { clock, intervalMs, random } = this.#options;
    clock.clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const ms = this.#isSettled && this.#book.allFollow ? intervalMs : Math.min(urgentMs, intervalMs);
    // A pending question keeps no process alive.
    this.#timer = unref(clock.setTimeout(() => this.#round(), ms * (0.75 + random() / 2)));
  }

  #round(): void {
    // A lone endpoint that may be written to needs no questions.
    if (this.#book.endpoints.length < 2 && this.#isSettled) {
      this.#isWatched = false;
      return;
    }
    // Those without a call too: an unannounced failover shows first in the endpoint that is promoted.
    void this.#watch(this.#book.endpoints);
  }

  /** Resolves once a primary is known or all were asked. */
  #ask(endpoints: readonly E[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let due = 0;
    for (const endpoint of endpoints) {
      const entry = this.#book.entry(endpoint);
      if (entry === undefined || !endpoint.isAskable) continue;
      due += 1;
      void this.#question(endpoint, entry).then(() => {
        due -= 1;
        if (due === 0 || this.#isSettled) resolve();
      });
    }
    if (due === 0) resolve();
    return promise;
  }

  /** One question at a time. Noted before it is asked, since asking opens connections. */
  #question(endpoint: E, entry: Entry): Promise<void> {
    const pending = this.#questions.get(entry);
    if (pending !== undefined) return pending;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#questions.set(entry, promise);
    this.#book.asks(endpoint, entry);
    void this.#note(endpoint, entry).then(resolve);
    return promise;
  }

  async #note(endpoint: E, entry: Entry): Promise<void> {
    const answer = await this.#answer(endpoint, entry);
    entry.isPending = false;
    this.#questions.delete(entry);
    if (!this.#isKnown(endpoint, entry)) return;
    this.#decided(() =>
      answer === undefined
        ? this.#book.unanswered(entry)
        : this.#book.answered(endpoint, entry, answer.reply),
    );
    // Behind the address of a lone endpoint there may be another server by now.
    if (answer?.reply?.role === "replica" && this.#isAlone && endpoint.hint !== "replica")
      this.#options.redial(endpoint);
  }

  /** Undefined where there is none. */
  async #answer(endpoint: E, entry: Entry): Promise<{ readonly reply: Entry["said"] } | undefined> {
    try {
      if (!endpoint.isConnected) {
        using _place = await this.#options.dials.acquire();
        if (this.#isKnown(endpoint, entry)) await endpoint.connect();
      }
      return this.#isKnown(endpoint, entry) ? { reply: await endpoint.ask(urgentMs) } : undefined;
    } catch {
      // A call that needs the endpoint throws the reason.
      return undefined;
    }
  }

  #isKnown(endpoint: E, entry: Entry): boolean {
    return !this.#isClosed && this.#book.entry(endpoint) === entry && endpoint.isAskable;
  }

  #decided(decide: () => Decided): void {
    const wasSettled = this.#isSettled;
    const { hasChanged, isDispute } = decide();
    if (isDispute) void this.#ask(this.#book.endpoints);
    if (hasChanged) this.#options.changed(this.#instance);
    if (wasSettled && !this.#isSettled) this.#schedule();
  }
}
