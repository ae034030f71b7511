import { inBackground, keepAlive, systemClock, TimeSlice, type Clock } from "@fleet/time";

import { DiscoveryError } from "../../errors.ts";
import type { ResourceStats } from "../../source/resource-stats.ts";
import type { SourceStartOptions } from "../../source/source.ts";
import { ApiError } from "../api/api-error.ts";
import { resourcePath } from "../api/api-path.ts";
import { asError } from "../api/as-error.ts";
import { HandlerCalls } from "./handler-calls.ts";
import { Interruption } from "./interruption.ts";
import { listSet } from "./list-set.ts";
import { Recovery } from "./recovery.ts";
import { ReflectedSet } from "./reflected-set.ts";
import type { SetReading } from "./reflected-set.ts";
import { checkReflectorOptions } from "./reflector-options.ts";
import type { ReflectorOptions } from "./reflector-options.ts";
import { ReflectorTally } from "./reflector-tally.ts";
import { Resync } from "./resync.ts";
import type { Verdict } from "./verdict.ts";
import { WatchSession } from "./watch-session.ts";
import type { WatchSessionOptions } from "./watch-session.ts";

/** How long objects that arrive together may keep the event loop, in milliseconds. */
const sliceMs = 5;

/**
 * Objects of one kind as an API server has them, kept current: whole at first, then change by change. It never gives up and never
 * forgets what it had because a server is away; it says how old its knowledge is instead.
 */
export class Reflector<T> implements AsyncDisposable {
  readonly #options: ReflectorOptions<T>;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #tally: ReflectorTally;
  readonly #calls: HandlerCalls<T>;
  readonly #set: ReflectedSet<T>;
  readonly #resync: Resync;
  readonly #recovery: Recovery;
  readonly #slice: TimeSlice;
  readonly #watches: WatchSessionOptions<T>;
  readonly #first = Promise.withResolvers<void>();
  #state: ResourceStats["state"] = "empty";
  #hasSynced = false;
  /** The last failure, until the server has said something good. */
  #failure: unknown;
  /** Whether a whole set is asked for as a stream. */
  #streams: boolean;
  /** Where the next watch goes on; undefined when a whole set comes first. */
  #version: string | undefined;
  /** What is under way: a list, a watch or a pause. Aborted, it ends. */
  #work = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #leaveSignal = (): void => {};

  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) */
  constructor(options: ReflectorOptions<T>) {
    checkReflectorOptions(options);
    const { api, resource, namespace, source, project, handler = {}, streaming = "auto" } = options;
    const { resyncMs = 30_000, random = Math.random } = options;
    const clock = inBackground(options.clock ?? systemClock);
    this.#options = options;
    this.#path = resourcePath(resource, namespace);
    this.#clock = clock;
    this.#slice = new TimeSlice(clock, sliceMs);
    this.#streams = streaming === "auto";
    const where = namespace === undefined ? "" : `/${namespace}`;
    this.#tally = new ReflectorTally({ source, resource: `${resource.plural}${where}` });
    this.#calls = new HandlerCalls(handler, this.#tally);
    this.#set = new ReflectedSet({ project, dropped: (error) => this.#tally.dropped(error) });
    this.#resync = new Resync({
      api,
      path: this.#path,
      resyncMs,
      clock,
      random,
      answered: () => this.#answered(),
      proved: () => this.#proved(),
      failed: (error) => this.#failed(error),
    });
    this.#recovery = new Recovery(clock, random);
    this.#watches = {
      asks: options,
      path: this.#path,
      clock,
      random,
      tally: this.#tally,
      slice: this.#slice,
      set: this.#set,
      calls: this.#calls,
      opened: () => this.#watching(),
      whole: (reading, version) => this.#whole(reading, version),
      reached: (version) => this.#reached(version),
    };
    this.#first.promise.catch(() => undefined); // A caller need not wait for the start.
  }

  /** What is kept, by uid. One map for life. */
  get items(): ReadonlyMap<string, T> {
    return this.#set.items;
  }

  /** Whether a whole set has arrived and the handler was called with it. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Milliseconds since the server last proved that the set is current; undefined before that. */
  get lastSyncAgeMs(): number | undefined {
    const { provedAt } = this.#resync;
    return provedAt === undefined ? undefined : this.#clock.now() - provedAt;
  }

  get stats(): ResourceStats {
    return {
      ...this.#tally.stats,
      state: this.#state,
      objects: this.items.size,
      hasSynced: this.hasSynced,
      lastSyncAgeMs: this.lastSyncAgeMs,
    };
  }

  /**
   * Begins; resolves when the first set is whole and handed over. Failures before that are reported to the handler while it keeps trying.
   *
   * @throws the signal's reason when that ends it, DiscoveryError (FLEET_DISCOVERY_CLOSED) when `close()` does or at a second start.
   */
  start({ signal, inBackground = false }: Partial<SourceStartOptions> = {}): Promise<void> {
    if (this.#state !== "empty") return Promise.reject(this.#over());
    this.#state = "listing";
    const end = (): void => this.#end(signal?.reason);
    signal?.addEventListener("abort", end, { once: true });
    this.#leaveSignal = () => signal?.removeEventListener("abort", end);
    if (signal?.aborted === true) end();
    this.#running = this.#run();
    if (inBackground) return this.#first.promise;
    const started = keepAlive(this.#first.promise);
    started.catch(() => undefined); // A caller need not wait for it.
    return started;
  }

  /** Another reflector has reached the server again: a pause after a broken connection ends now. Once in half a minute at the most. */
  hurry(): void {
    this.#recovery.hurry();
  }

  /** Stops; no request, timer or listener is left and nothing is reported afterwards. Twice is once. The set stays readable. */
  async close(): Promise<void> {
    this.#end(this.#over());
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  #end(reason: unknown): void {
    if (this.#isClosed) return;
    this.#state = "closed";
    this.#calls.close();
    this.#leaveSignal();
    this.#first.reject(reason);
    this.#work.abort(reason);
    this.#tally.tell("closed");
  }

  #over(): DiscoveryError {
    return new DiscoveryError(
      "FLEET_DISCOVERY_CLOSED",
      `The reflector of ${this.#tally.resource} is closed or was started before`,
    );
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    while (!this.#isClosed)
      try {
        if (this.#version === undefined && !this.#streams) await this.#list();
        await this.#watch();
      } catch (error) {
        if (!this.#isClosed) await this.#recover(error);
      }
  }

  /** A whole set, page by page. */
  async #list(): Promise<void> {
    const { signal } = this.#begin("listing");
    const reading = this.#read();
    const into = { path: this.#path, draft: reading.draft, slice: this.#slice, signal };
    await this.#replace(reading, await listSet(this.#options, into));
  }

  /** One watch: from where the last one ended, or from nothing, with a whole set first. */
  async #watch(): Promise<void> {
    const version = this.#version;
    const isFirst = version === undefined;
    const work = this.#begin(isFirst ? "listing" : this.#state);
    const reading = isFirst ? this.#read() : undefined;
    try {
      await new WatchSession(this.#watches, { work, version, reading }).run();
      this.#tally.restarted("ended");
    } catch (error) {
      if (!this.#isClosed) this.#tally.restarted(this.#verdictOf(error).reason);
      throw error;
    } finally {
      work.abort();
      await this.#resync.stop();
    }
  }

  /** A watch goes on after the whole set that came first. */
  async #whole(reading: SetReading<T>, version: string): Promise<void> {
    await this.#replace(reading, version);
    this.#watching();
  }

  /** @throws DiscoveryError when it was closed meanwhile. */
  #begin(state: ResourceStats["state"]): AbortController {
    if (this.#isClosed) throw this.#over();
    this.#state = state;
    this.#work = new AbortController();
    return this.#work;
  }

  #read(): SetReading<T> {
    return { draft: this.#set.draft(this.#resync.isDoubtful), begunAt: this.#clock.now() };
  }

  /** The whole set at once; the handler is called with the differences. */
  async #replace({ draft, begunAt }: SetReading<T>, version: string): Promise<void> {
    const changes = this.#set.replace(draft);
    this.#version = version;
    this.#resync.read(version, begunAt);
    for (const change of changes) {
      this.#calls.changed(change);
      if (this.#slice.isOver) await this.#slice.next();
      if (this.#isClosed) return;
    }
    this.#hasSynced = true;
    this.#tally.listed();
    this.#proved();
  }

  #watching(): void {
    // A watch may be accepted in the very turn in which the reflector is closed.
    if (this.#isClosed) return;
    this.#state = "watching";
    this.#tally.tell("watching");
    this.#calls.watching();
    // A server that asks for a pause was never away, and one more question is no help.
    if (this.#failure instanceof ApiError && this.#failure.status === 429) this.#answered();
    this.#resync.start(this.#work, { isAfterFailure: this.#failure !== undefined });
  }

  #reached(version: string): void {
    this.#version = version;
    this.#resync.reached(version);
  }

  async #recover(error: unknown): Promise<void> {
    this.#recovery.forgive();
    const { reason, relists, isDoubtful, isNormal } = this.#verdictOf(error);
    if (relists) this.#version = undefined;
    if (isDoubtful) this.#resync.doubt();
    if (reason === "unstreamed") this.#streams = false;
    if (reason === "garbled") this.#tally.garbled();
    if (error instanceof Interruption) return;
    const ms = this.#recovery.failed(error, reason);
    if (isNormal) return;
    this.#failed(error);
    if (!this.#isClosed) await this.#recovery.pause(ms, error, this.#begin("backoff"));
  }

  #verdictOf(error: unknown): Verdict {
    const age = this.#version === undefined ? 0 : this.#clock.now() - this.#resync.listedAt;
    return this.#recovery.verdictOf(error, age);
  }

  #answered(): void {
    this.#failure = undefined;
    this.#calls.answered();
  }

  #proved(): void {
    this.#failure = undefined;
    this.#tally.tell("synced");
    this.#first.resolve();
    this.#calls.synced();
  }

  #failed(error: unknown): void {
    this.#failure = error;
    this.#tally.tell("failed", { error: asError(error) });
    this.#calls.failed(error);
  }
}
