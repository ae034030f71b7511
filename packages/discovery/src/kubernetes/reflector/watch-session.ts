import type { Clock, TimeSlice } from "@fleet/time";

import { ApiError } from "../api/api-error.ts";
import { nameRequest } from "../api/api-path.ts";
import type { WatchEvent } from "../api/watch-event.ts";
import type { HandlerCalls } from "./handler-calls.ts";
import { Interruption } from "./interruption.ts";
import { identify } from "./object-identity.ts";
import type { ReflectedSet, SetReading } from "./reflected-set.ts";
import type { ReflectorOptions } from "./reflector-options.ts";
import type { ReflectorTally } from "./reflector-tally.ts";
import { StreamProbe } from "./stream-probe.ts";
import { refusesStreaming } from "./verdict.ts";

/** How long a watch asks to live, so that not all of a fleet end at one time; the server needs a little longer to end it. */
const watchMinMs = 300_000;
const watchMaxMs = 600_000;
const graceMs = 10_000;
/** A watch that ends sooner and has said nothing has failed. */
const shortMs = 1000;

/** What all watches of a reflector have in common. */
export interface WatchSessionOptions<T> {
  readonly asks: Pick<ReflectorOptions<T>, "api" | "labelSelector" | "fieldSelector">;
  readonly path: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly tally: ReflectorTally;
  readonly slice: TimeSlice;
  readonly set: ReflectedSet<T>;
  readonly calls: HandlerCalls<T>;
  /** The server has accepted it, and no whole set comes first. */
  opened(): void;
  /** The set that came first is whole as of this version; changes follow. */
  whole(reading: SetReading<T>, version: string): Promise<void>;
  /** Everything until this version has been seen. */
  reached(version: string): void;
}

interface WatchSessionStart<T> {
  /** Ends it when it is aborted. */
  readonly work: AbortController;
  /** From where it goes on; undefined: a whole set comes first. */
  readonly version: string | undefined;
  /** That whole set. */
  readonly reading: SetReading<T> | undefined;
}

/** One watch, from its question to its end: from where the last one ended, or from nothing, with a whole set first. */
export class WatchSession<T> {
  readonly #options: WatchSessionOptions<T>;
  readonly #work: AbortController;
  readonly #version: string | undefined;
  readonly #look: StreamProbe;
  /** The set on its way; undefined once it is whole. */
  #reading: SetReading<T> | undefined;

  constructor(options: WatchSessionOptions<T>, { work, version, reading }: WatchSessionStart<T>) {
    this.#options = options;
    this.#work = work;
    this.#version = version;
    this.#reading = reading;
    this.#look = new StreamProbe(options.clock, () => work.abort(new Interruption("unstreamed")));
  }

  /**
   * Resolves when the server has ended it in good order.
   *
   * @throws ApiError also for one that ended too soon; Interruption when it is ended although it seems to be well.
   */
  async run(): Promise<void> {
    const { clock, slice } = this.#options;
    let openedAt = clock.now();
    let events = 0;
    const accepted = (): void => {
      openedAt = clock.now();
      if (this.#reading === undefined) this.#options.opened();
      else this.#look.start();
    };
    try {
      for await (const event of this.#ask(accepted)) {
        events += 1;
        this.#look.moved();
        const version = this.#take(event);
        if (this.#reading !== undefined && version !== undefined) {
          this.#look.stop();
          await this.#options.whole(this.#reading, version);
          this.#reading = undefined;
        }
        if (slice.isOver) await slice.next();
      }
      const isShort = events === 0 && clock.now() - openedAt < shortMs;
      if (isShort || this.#reading !== undefined) throw this.#tooSoon();
    } catch (error) {
      const isRefused = this.#reading !== undefined && refusesStreaming(error);
      throw isRefused ? new Interruption("unstreamed") : error;
    } finally {
      this.#look.stop();
    }
  }

  #ask(opened: () => void): AsyncIterable<WatchEvent> {
    const { asks, path, random } = this.#options;
    const { api, labelSelector, fieldSelector } = asks;
    const life = watchMinMs + random() * (watchMaxMs - watchMinMs);
    const whole = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" };
    return api.watch(path, {
      query: {
        labelSelector,
        fieldSelector,
        allowWatchBookmarks: "true",
        timeoutSeconds: String(Math.round(life / 1000)),
        ...(this.#version === undefined ? whole : { resourceVersion: this.#version }),
      },
      signal: this.#work.signal,
      deadlineMs: life + graceMs,
      opened,
      inBackground: true,
    });
  }

  /** What an event changes: the draft of a whole set, if there is one. The version of the set, with the event that makes it whole. */
  #take({ type, object }: WatchEvent): string | undefined {
    const { path, tally, set, calls } = this.#options;
    const draft = this.#reading?.draft;
    tally.event(type);
    const version = object.metadata?.resourceVersion;
    if (type === "BOOKMARK" && version !== undefined) {
      if (draft === undefined) this.#options.reached(version);
      return object.metadata.annotations?.["k8s.io/initial-events-end"] === "true" ? version : undefined;
    }
    if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return undefined;
    const identity = identify(object, "watch", path);
    if (draft !== undefined) {
      if (type === "DELETED") draft.delete(identity.uid);
      else draft.apply(object, identity);
      return undefined;
    }
    const changes = type === "DELETED" ? set.delete(identity) : set.apply(object, identity);
    for (const change of changes) calls.changed(change);
    this.#options.reached(identity.version);
    // A name that is taken again before it was free: an event is missing.
    if (changes.length > 1) this.#work.abort(new Interruption("doubtful"));
    return undefined;
  }

  #tooSoon(): ApiError {
    const request = nameRequest("watch", this.#options.path);
    return new ApiError("FLEET_DISCOVERY_API_REFUSED", "it ended too soon", { request });
  }
}
