import { checkOptions, clock as ofClock, hasMethods, ms, required, type Rules } from "@fleet/options";
import { keepAlive, systemClock, type Clock } from "@fleet/time";

import { publishChange, publishError } from "./channels.ts";
import { DiscoveryError, InvalidOptionError } from "./errors.ts";
import type { InstanceChange } from "./instance/change.ts";
import type { Instance } from "./instance/instance.ts";
import { ChangeFeed } from "./served/change-feed.ts";
import { HeldSource } from "./served/held-source.ts";
import type { Conflict } from "./served/merge.ts";
import { MergedSet } from "./served/merged-set.ts";
import type { DiscoveryStats } from "./served/stats.ts";
import type { InstanceSource } from "./source/source.ts";

export interface DiscoveryOptions {
  /** At least one, each with its own name. Where two claim one instance's name or uid, the earlier source wins. */
  readonly sources: readonly InstanceSource[];
  /**
   * Milliseconds from its beginning that `start()` goes on waiting for a first set although every source has failed once: a
   * server may be slower to come up than its reader. Infinity is for ever. @default 0
   */
  readonly startTimeoutMs?: number;
  /** Time for ages and for the above. @default the process's monotonic clock */
  readonly clock?: Clock;
}

export const discoveryRules: Rules<DiscoveryOptions> = {
  sources: required({
    kind: "object",
    expected: "a list of sources with start() and close()",
    fits: (value) => Array.isArray(value) && value.every((source) => hasMethods(source, "start", "close")),
  }),
  // Infinity is no timer, but the wish for none.
  startTimeoutMs: {
    ...ms(0),
    expected: `${ms(0).expected}, or Infinity`,
    fits: (value) => value === Infinity || ms(0).fits(value),
  },
  clock: ofClock,
};

/** Holds the instances that its sources know, publishes what changes, and never forgets one because of an error. */
export class Discovery implements AsyncDisposable {
  readonly #sources: readonly HeldSource[];
  readonly #abort = new AbortController();
  readonly #feed: ChangeFeed;
  readonly #merged: MergedSet;
  readonly #startTimeoutMs: number;
  readonly #clock: Clock;
  readonly #firstSet = Promise.withResolvers<void>();
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) */
  constructor(options: DiscoveryOptions) {
    checkOptions(options, discoveryRules, InvalidOptionError);
    const { sources, startTimeoutMs = 0, clock = systemClock } = options;
    if (sources.length === 0)
      throw new InvalidOptionError("sources", "a list of at least one source", "none");
    const names = sources.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new InvalidOptionError(
        "sources",
        "sources with a name of their own each",
        `two named ${JSON.stringify(twice)}`,
      );
    this.#startTimeoutMs = startTimeoutMs;
    this.#clock = clock;
    this.#feed = new ChangeFeed((error) => reportListener(error));
    this.#feed.subscribe(publishChange);
    this.#sources = sources.map(
      (source) =>
        new HeldSource(source, {
          clock,
          changed: (previous, next) => this.#change(previous, next),
          failed: (error) => publishError({ code: error.code, source: source.name, error, origin: source }),
        }),
    );
    this.#merged = new MergedSet(this.#sources);
  }

  /** What is served now, by name. A new map after each change, so a map once taken stays as it is. */
  get instances(): ReadonlyMap<string, Instance> {
    return this.#merged.instances;
  }

  /** Whether every source has handed over a set. Until then a name that is not known may yet be found. */
  get isComplete(): boolean {
    return this.#sources.every(({ delivered }) => delivered);
  }

  /** A fresh copy, per source in the order of precedence. */
  get stats(): DiscoveryStats {
    const { size, conflicts } = this.#merged;
    return {
      instances: size,
      sources: this.#sources.map((held) =>
        held.stats(
          conflicts.filter(({ source }) => source === held.name).map(({ instance }) => instance.name),
        ),
      ),
    };
  }

  /**
   * Starts every source and waits until each has delivered its first set or failed once. A source that failed is no reason
   * not to serve what the others know: it goes on trying, and its state says so. When no source delivered there is nothing
   * to serve, and a caller that went on would answer "no such instance" for a broken file; `startTimeoutMs` leaves them time.
   *
   * @throws DiscoveryError FLEET_DISCOVERY_START_FAILED when none delivered, the signal's reason when aborted; both close.
   */
  start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#starting ??= keepAlive(this.#start(signal));
    return this.#starting;
  }

  /**
   * Calls back with every later change, one at a time and in order: of one sync first the removed, then the updated, then
   * the added. By then `instances` has it already. What the listener throws is reported and changes nothing for the others.
   */
  subscribe(listener: (change: InstanceChange) => void): Disposable {
    return this.#feed.subscribe(listener);
  }

  /** Closes every source; the last set can still be read. Twice is once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    if (this.#closing !== undefined) throw closed();
    try {
      signal?.throwIfAborted();
      using stop = aborted([this.#abort.signal, ...(signal === undefined ? [] : [signal])]);
      const until = this.#clock.now() + this.#startTimeoutMs;
      await Promise.race([
        Promise.all(this.#sources.map((held) => held.start(this.#abort.signal))),
        stop.promise,
      ]);
      if (!this.#delivered) await Promise.race([this.#patience(until), stop.promise]);
      if (!this.#delivered) throw nothingDelivered(this.#sources);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  get #delivered(): boolean {
    return this.#sources.some(({ delivered }) => delivered);
  }

  /** Resolves with the first set, or when it is too late for one. */
  async #patience(until: number): Promise<void> {
    const left = until - this.#clock.now();
    if (left <= 0) return;
    const timer = left === Infinity ? undefined : this.#clock.setTimeout(this.#firstSet.resolve, left);
    await this.#firstSet.promise;
    if (timer !== undefined) this.#clock.clearTimeout(timer);
  }

  async #close(): Promise<void> {
    this.#firstSet.resolve();
    this.#feed.close();
    this.#abort.abort(closed());
    await Promise.all(this.#sources.map((held) => held.close()));
  }

  #change(previous: readonly Instance[] | undefined, next: readonly Instance[]): void {
    const before = new Set(this.#merged.conflicts.map(conflictKey));
    const changes = this.#merged.replace(previous, next);
    for (const conflict of this.#merged.conflicts)
      if (!before.has(conflictKey(conflict))) reportConflict(conflict);
    this.#firstSet.resolve();
    this.#feed.deliver(changes);
  }
}

/** A promise that rejects with the reason of the first signal that aborts; disposing it takes its listeners away. */
function aborted(signals: readonly AbortSignal[]): Disposable & { readonly promise: Promise<never> } {
  const { promise, reject } = Promise.withResolvers<never>();
  const stops = signals.map((signal) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    return () => signal.removeEventListener("abort", stop);
  });
  return { promise, [Symbol.dispose]: () => stops.forEach((stop) => stop()) };
}

function closed(): DiscoveryError {
  return new DiscoveryError("FLEET_DISCOVERY_CLOSED", "Discovery is closed");
}

function nothingDelivered(sources: readonly HeldSource[]): DiscoveryError {
  const reasons = sources.map(({ name, error }) => `${name}: ${error?.message ?? "no set"}`);
  return new DiscoveryError(
    "FLEET_DISCOVERY_START_FAILED",
    `No source delivered its instances\n${reasons.join("\n")}`,
    { cause: sources[0]?.error },
  );
}

function conflictKey({ source, instance, winner }: Conflict): string {
  return [source, winner, instance.name, instance.uid].join("\n");
}

function reportConflict({ source, instance, winner }: Conflict): void {
  const error = new DiscoveryError(
    "FLEET_DISCOVERY_CONFLICT",
    `Instance ${instance.name} of source ${source} is not served: ${winner} came first with its name or uid`,
    { source },
  );
  publishError({ code: error.code, source, error });
}

function reportListener(cause: unknown): void {
  const error = new DiscoveryError("FLEET_DISCOVERY_LISTENER_FAILED", "A listener for changes failed", {
    cause,
  });
  publishError({ code: error.code, source: undefined, error });
}
