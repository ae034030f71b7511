import { type Clock, sleep } from "@fleet/time";

import { publish } from "../channels.ts";
import { longestPauseMs } from "../longest-pause.ts";
import { postpone, take } from "../protocol/lua/scripts.ts";
import type { RedisLink } from "../redis/link.ts";

interface TokenBucketOptions {
  readonly link: RedisLink;
  readonly key: string;
  /** Calls per second of all workers; Infinity for no limit. */
  readonly rate: number;
  readonly burst: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly of: { readonly run: string; readonly worker: string };
  /** Called when Redis refuses for good. */
  readonly failed: (error: unknown) => void;
}

/** What a late caller may catch up at most, in microseconds: else the delay of each timer would slow all workers down. */
const slackUs = 20_000;
/** What a timer can wait: Node fires longer ones at once. What is left of a wait is slept after it. */
const longestSleepMs = 2_147_483_647;

/** The shared rate, seen from one worker: one call to Redis asks for all calls that wait. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #waiting: (() => void)[] = [];
  #isAsking = false;
  #postponements = 0;
  /** No call of this worker is made before, by its clock. */
  #pausedUntil = -Infinity;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
  }

  /** How often the hub asked this worker for a pause. */
  get postponements(): number {
    return this.#postponements;
  }

  /** How long the hub must not be called, in milliseconds. */
  get pausedMs(): number {
    return Math.max(0, this.#pausedUntil - this.#options.clock.now());
  }

  /** Resolves when a call is free; also when the worker ends, so look at the signal afterwards. */
  take(): Promise<void> | undefined {
    const { rate, clock, signal } = this.#options;
    if (signal.aborted || (rate === Infinity && this.pausedMs === 0)) return undefined;
    const startedAt = clock.now();
    return new Promise<void>((resolve) => {
      this.#waiting.push(() => {
        const ms = clock.now() - startedAt;
        publish("limit", () => ({ ...this.#options.of, event: "waited", ms }));
        resolve();
      });
      if (!this.#isAsking) void this.#ask();
    });
  }

  /** The hub asked this worker for a pause, of an hour at most: it holds for all workers. */
  async postpone(askedMs: number): Promise<void> {
    const { link, key, signal } = this.#options;
    const ms = Math.min(askedMs, longestPauseMs);
    this.#postponements += 1;
    this.hold(ms);
    publish("limit", () => ({ ...this.#options.of, event: "paused", ms }));
    try {
      await link.runUntilAnswered(postpone, [key], [JSON.stringify({ ms: Math.ceil(ms) })], signal);
    } catch (error) {
      if (!signal.aborted) this.#options.failed(error);
    }
  }

  /** The hub asked another worker for a pause. */
  hold(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#options.clock.now() + ms);
  }

  async #ask(): Promise<void> {
    const { signal } = this.#options;
    this.#isAsking = true;
    try {
      while (this.#waiting.length > 0 && !signal.aborted) {
        const waitMs = this.pausedMs > 0 ? this.pausedMs : await this.#grant();
        if (waitMs > 0 && this.#waiting.length > 0)
          await sleep(this.#options.clock, Math.min(Math.ceil(waitMs), longestSleepMs), signal);
      }
    } catch (error) {
      if (!signal.aborted) this.#options.failed(error);
    }
    this.#isAsking = false;
    if (signal.aborted) this.#letGo(this.#waiting.length);
  }

  async #grant(): Promise<number> {
    const { link, key, rate, burst, signal } = this.#options;
    if (rate === Infinity) {
      this.#letGo(this.#waiting.length);
      return 0;
    }
    const intervalUs = 1_000_000 / rate;
    const request = {
      intervalUs,
      burst,
      slackUs: Math.min(slackUs, intervalUs / 2),
      wanted: this.#waiting.length,
    };
    const answer = await link.runUntilAnswered(take, [key], [JSON.stringify(request)], signal);
    const [granted, waitUs] = answer as [number, number];
    // A pause that was asked for while the answer was on its way holds for what it grants too.
    if (this.pausedMs === 0) this.#letGo(granted);
    return waitUs / 1000;
  }

  #letGo(many: number): void {
    for (const go of this.#waiting.splice(0, many)) go();
  }
}
