import { systemClock } from "../../clock.ts";
import type { Clock } from "../../clock.ts";
import { DiscoveryError } from "../../errors.ts";
import type { ResourceStats } from "../../source/resource-stats.ts";
import { garbled } from "../api/api-answer.ts";
import { ApiError } from "../api/api-error.ts";
import { nameRequest, resourcePath } from "../api/api-path.ts";
import { asError } from "../api/as-error.ts";
import type { KubernetesObject } from "../api/kubernetes-object.ts";
import { listPages } from "../api/list-pages.ts";
import type { WatchEvent } from "../api/watch-event.ts";
import { Interruption } from "./interruption.ts";
import { identityOf } from "./object-identity.ts";
import type { ObjectIdentity } from "./object-identity.ts";
import { Recovery } from "./recovery.ts";
import { ReflectedSet } from "./reflected-set.ts";
import type { SetChange, SetDraft } from "./reflected-set.ts";
import { checkReflectorOptions } from "./reflector-options.ts";
import type { ReflectorHandler, ReflectorOptions } from "./reflector-options.ts";
import { ReflectorTally } from "./reflector-tally.ts";
import { Resync } from "./resync.ts";
import { StreamLook } from "./stream-look.ts";
import { Turns } from "./turns.ts";
import { refusesStreaming } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

/** How long a watch asks to live, so that not all of a fleet end at one time; the server needs a little longer to end it. */
const watchMinMs = 300_000;
const watchMaxMs = 600_000;
const graceMs = 10_000;
/** A watch that ends sooner and has said nothing has failed. */
const shortMs = 1000;

/** A whole set on its way. */
interface Reading<T> {
  readonly draft: SetDraft<T>;
  readonly begunAt: number;
}

/**
 * Objects of one kind as an API server has them, kept current: whole at first, then change by change. It never gives up and never
 * forgets what it had because a server is away; it says how old its knowledge is instead.
 */
export class Reflector<T> implements AsyncDisposable {
  readonly #options: ReflectorOptions<T>;
  readonly #path: string;
  readonly #handler: ReflectorHandler<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #tally: ReflectorTally;
  readonly #set: ReflectedSet<T>;
  readonly #resync: Resync;
  readonly #recovery: Recovery;
  readonly #turns = new Turns();
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
    const { resyncMs = 30_000, clock = systemClock, random = Math.random } = options;
    this.#options = options;
    this.#path = resourcePath(resource, namespace);
    this.#handler = handler;
    this.#clock = clock;
    this.#random = random;
    this.#streams = streaming === "auto";
    const where = namespace === undefined ? "" : `/${namespace}`;
    this.#tally = new ReflectorTally({ source, resource: `${resource.plural}${where}` });
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
    this.#first.promise.catch(() => "who started it need not wait for it");
  }

  /** What is kept, by uid. One map for life. */
  get items(): ReadonlyMap<string, T> {
    return this.#set.items;
  }

  /** Whether a whole set has arrived and was told. */
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
   * Begins; resolves when the first set is whole and told. Failures before that are told to the handler while it keeps trying.
   *
   * @throws the signal's reason when that ends it, DiscoveryError (FLEET_DISCOVERY_CLOSED) when `close()` does or at a second start.
   */
  start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#state !== "empty") return Promise.reject(this.#over());
    this.#state = "listing";
    const end = (): void => this.#end(signal?.reason);
    signal?.addEventListener("abort", end, { once: true });
    this.#leaveSignal = () => signal?.removeEventListener("abort", end);
    if (signal?.aborted === true) end();
    this.#running = this.#run();
    return this.#first.promise;
  }

  /** Somebody else has reached the server again: a pause after a broken connection ends now. Once in half a minute at the most. */
  hurry(): void {
    this.#recovery.hurry();
  }

  /** Stops; no request, timer or listener is left and nothing is told afterwards. Twice is once. The set stays readable. */
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
    const { api, labelSelector, fieldSelector, pageSize = 500 } = this.#options;
    const query = { labelSelector, fieldSelector };
    const { signal } = this.#begin("listing");
    const reading = this.#read();
    let version = "";
    for await (const page of listPages(api, this.#path, { query, pageSize, signal })) {
      version = page.version;
      for (const object of page.items) {
        reading.draft.apply(object, this.#identityOf(object, "get"));
        if (this.#turns.isOver) await this.#turns.next();
      }
    }
    await this.#replace(reading, version);
  }

  /** One watch: from where the last one ended, or from nothing, with a whole set first. */
  async #watch(): Promise<void> {
    const isFirst = this.#version === undefined;
    const work = this.#begin(isFirst ? "listing" : this.#state);
    let reading = isFirst ? this.#read() : undefined;
    const look = new StreamLook(this.#clock, () => work.abort(new Interruption("unstreamed")));
    let openedAt = this.#clock.now();
    let events = 0;
    const opened = (): void => {
      openedAt = this.#clock.now();
      if (isFirst) look.start();
      else this.#watching(work);
    };
    try {
      for await (const event of this.#events(work.signal, opened)) {
        events += 1;
        look.moved();
        const version = this.#take(event, reading?.draft);
        if (reading !== undefined && version !== undefined) {
          look.stop();
          await this.#replace(reading, version);
          reading = undefined;
          if (!this.#isClosed) this.#watching(work);
        }
        if (this.#turns.isOver) await this.#turns.next();
      }
      const isShort = events === 0 && this.#clock.now() - openedAt < shortMs;
      if (isShort || reading !== undefined) throw this.#tooSoon();
      this.#tally.restarted("ended");
    } catch (error) {
      const isRefused = reading !== undefined && refusesStreaming(error);
      const cause = isRefused ? new Interruption("unstreamed") : error;
      if (!this.#isClosed) this.#tally.restarted(this.#verdictOf(cause).reason);
      throw cause;
    } finally {
      work.abort();
      look.stop();
      await this.#resync.stop();
    }
  }

  #events(signal: AbortSignal, opened: () => void): AsyncIterable<WatchEvent> {
    const { api, labelSelector, fieldSelector } = this.#options;
    const life = watchMinMs + this.#random() * (watchMaxMs - watchMinMs);
    const whole = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" };
    return api.watch(this.#path, {
      query: {
        labelSelector,
        fieldSelector,
        allowWatchBookmarks: "true",
        timeoutSeconds: String(Math.round(life / 1000)),
        ...(this.#version === undefined ? whole : { resourceVersion: this.#version }),
      },
      signal,
      deadlineMs: life + graceMs,
      opened,
    });
  }

  /** What an event changes: the draft of a whole set, if there is one. The version of the set, with the event that makes it whole. */
  #take({ type, object }: WatchEvent, draft: SetDraft<T> | undefined): string | undefined {
    this.#tally.event(type);
    const version = object.metadata?.resourceVersion;
    if (type === "BOOKMARK" && version !== undefined) {
      if (draft === undefined) this.#reached(version);
      return object.metadata.annotations?.["k8s.io/initial-events-end"] === "true" ? version : undefined;
    }
    if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return undefined;
    const identity = this.#identityOf(object, "watch");
    if (draft !== undefined) {
      if (type === "DELETED") draft.delete(identity.uid);
      else draft.apply(object, identity);
      return undefined;
    }
    const changes = type === "DELETED" ? this.#set.delete(identity) : this.#set.apply(object, identity);
    for (const change of changes) this.#tell(change);
    this.#reached(identity.version);
    // A name that is taken again before it was free: we were not told everything.
    if (changes.length > 1) this.#work.abort(new Interruption("doubtful"));
    return undefined;
  }

  /** @throws DiscoveryError when it was closed meanwhile. */
  #begin(state: ResourceStats["state"]): AbortController {
    if (this.#isClosed) throw this.#over();
    this.#state = state;
    this.#work = new AbortController();
    return this.#work;
  }

  #read(): Reading<T> {
    return { draft: this.#set.draft(this.#resync.isDoubtful), begunAt: this.#clock.now() };
  }

  /** The whole set at once; who listens hears of the differences. */
  async #replace({ draft, begunAt }: Reading<T>, version: string): Promise<void> {
    const changes = this.#set.replace(draft);
    this.#version = version;
    this.#resync.read(version, begunAt);
    for (const change of changes) {
      this.#tell(change);
      if (this.#turns.isOver) await this.#turns.next();
      if (this.#isClosed) return;
    }
    this.#hasSynced = true;
    this.#tally.listed();
    this.#proved();
  }

  #watching(work: AbortController): void {
    this.#state = "watching";
    this.#tally.tell("watching");
    this.#hear(() => this.#handler.watching?.());
    // A server that asks for a pause was never away, and one more question is no help.
    if (this.#failure instanceof ApiError && this.#failure.status === 429) this.#answered();
    this.#resync.start(work, { isAfterFailure: this.#failure !== undefined });
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

  #identityOf(object: KubernetesObject, verb: "get" | "watch"): ObjectIdentity {
    const identity = identityOf(object);
    if (identity === undefined)
      throw garbled(nameRequest(verb, this.#path), "an object without a uid, a version or a name");
    return identity;
  }

  #tooSoon(): ApiError {
    const request = nameRequest("watch", this.#path);
    return new ApiError("FLEET_DISCOVERY_API_REFUSED", "it ended too soon", { request });
  }

  #tell(change: SetChange<T>): void {
    const { item } = change;
    if (change.type === "deleted") this.#hear(() => this.#handler.deleted?.(item));
    else this.#hear(() => this.#handler.applied?.(item, change.previous));
  }

  #answered(): void {
    this.#failure = undefined;
    this.#hear(() => this.#handler.answered?.());
  }

  #proved(): void {
    this.#failure = undefined;
    this.#tally.tell("synced");
    this.#first.resolve();
    this.#hear(() => this.#handler.synced?.());
  }

  #failed(error: unknown): void {
    this.#failure = error;
    this.#tally.tell("failed", { error: asError(error) });
    this.#hear(() => this.#handler.failed?.(asError(error)));
  }

  #hear(call: () => unknown): void {
    const report = (error: unknown): void => this.#tally.tell("handler", { error: asError(error) });
    if (this.#isClosed) return;
    try {
      const answer = call();
      if (answer instanceof Promise) answer.catch(report);
    } catch (error) {
      report(error);
    }
  }
}
