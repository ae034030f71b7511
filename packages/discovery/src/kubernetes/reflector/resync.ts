import type { Clock } from "@fleet/time";

import { garbled } from "../api/api-answer.ts";
import { isBroken } from "../api/api-error.ts";
import { nameRequest } from "../api/api-path.ts";
import type { ApiServer } from "../api/api-server.ts";
import { Freshness } from "./freshness.ts";
import { Interruption } from "./interruption.ts";
import { pauseAfter } from "./pause-after.ts";

interface ResyncOptions {
  readonly api: Pick<ApiServer, "get">;
  readonly path: string;
  readonly resyncMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** The server said where it stands, and the set is not ahead of it. */
  readonly answered: () => void;
  /** The set is current. */
  readonly proved: () => void;
  readonly failed: (error: unknown) => void;
}

/** In times between two checks: how long a watch may be silent that has something to say. Servers say where it stands every minute. */
const silence = 2.5;
/** Between two whole sets that are read out of doubt. */
const doubt = 5;
/** How long a set may be unproved, although the watch says something now and then. */
const age = 10;
/** Metadata is all that a check needs. */
const accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/**
 * Checks again and again, while a watch is open, that it has kept nothing from us. A check is a list of one object, which the server
 * answers consistently: it costs about 1.3 kB however many objects there are, and says where the server stands.
 */
export class Resync {
  readonly #options: ResyncOptions;
  readonly #freshness = new Freshness();
  #listedAt = 0;
  #heardAt = 0;
  /** When the set is to be read again, since the server may have another past. */
  #doubtedAt: number | undefined;
  /** Checks in a row that were refused. */
  #failures = 0;
  #timer: unknown;
  #checking: Promise<void> = Promise.resolve();

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  /** When a whole set was read last. */
  get listedAt(): number {
    return this.#listedAt;
  }

  get provedAt(): number | undefined {
    return this.#freshness.provedAt;
  }

  /** Whether the server may have another past than the set. */
  get isDoubtful(): boolean {
    return this.#doubtedAt !== undefined;
  }

  /**
   * The connection broke. Whoever answers next may have come back from a backup, with a past of its own that has reached our version
   * already: no watch reports that. So the set is read again: not at once, as all processes would, and not too often.
   */
  doubt(): void {
    this.#doubtedAt ??= this.#options.clock.now() + this.#pause();
  }

  /** A whole set as of this version was read, asked for at this time. */
  read(version: string, at: number): void {
    this.#freshness.read(version, at);
    this.#listedAt = this.#options.clock.now();
    this.#doubtedAt = undefined;
  }

  /** The watch has reached this version. */
  reached(version: string): void {
    this.#heardAt = this.#options.clock.now();
    if (this.#freshness.reached(version)) this.#options.proved();
  }

  /**
   * Checks until it is stopped, at once after a failure: a server that comes back may be behind. Ends the watch with an Interruption, or
   * with why the server cannot be asked, when it is no good.
   */
  start(watch: AbortController, { isAfterFailure }: { readonly isAfterFailure: boolean }): void {
    this.#heardAt = this.#options.clock.now();
    this.#next(watch, this.isDoubtful || isAfterFailure ? 0 : this.#pause());
  }

  /** Resolves when no check is under way any more; the watch is aborted before. */
  async stop(): Promise<void> {
    this.#options.clock.clearTimeout(this.#timer);
    await this.#checking;
  }

  #next(watch: AbortController, ms: number): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#checking = this.#check(watch);
    }, ms);
  }

  #pause(): number {
    return this.#options.resyncMs * (0.8 + 0.4 * this.#options.random());
  }

  /** Never rejects. */
  async #check(watch: AbortController): Promise<void> {
    const { failed } = this.#options;
    try {
      const reason = this.#suspicion() ?? (await this.#ask(watch.signal));
      if (reason !== undefined) watch.abort(new Interruption(reason));
    } catch (error) {
      // Where there is no way to the server, the watch is not to be trusted either.
      if (isBroken(error)) watch.abort(error);
      else if (!watch.signal.aborted) {
        failed(error);
        this.#next(watch, Math.min(pauseAfter(error, this.#failures, this.#options.random), this.#pause()));
        this.#failures += 1;
        return;
      }
    }
    this.#failures = 0;
    if (!watch.signal.aborted) this.#next(watch, this.#pause());
  }

  #suspicion(): Interruption["reason"] | undefined {
    const { clock, resyncMs } = this.#options;
    const since = (at: number): number => (clock.now() - at) / resyncMs;
    if (since(this.#doubtedAt ?? Infinity) >= 0 && since(this.#listedAt) >= doubt) return "doubtful";
    if (since(this.provedAt ?? this.#listedAt) >= age) return "unproven";
    return this.#freshness.isWaiting && since(this.#heardAt) >= silence ? "silent" : undefined;
  }

  async #ask(signal: AbortSignal): Promise<Interruption["reason"] | undefined> {
    const { api, path, clock, answered, proved } = this.#options;
    const from = this.#freshness.position!;
    const at = clock.now();
    const { metadata } = await api.get<{ readonly metadata?: { readonly resourceVersion?: string } }>(path, {
      query: { limit: "1" },
      accept,
      signal,
    });
    const version = metadata?.resourceVersion;
    if (typeof version !== "string") throw garbled(nameRequest("get", path), "the answer is no list");
    const answer = this.#freshness.answered(version, { at, from });
    if (answer !== "behind") answered();
    if (answer === "current") proved();
    return answer === "behind" ? "future" : undefined;
  }
}
