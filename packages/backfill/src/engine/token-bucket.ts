import { publish } from "../channels.ts";
import type { Clock } from "../clock.ts";
import { longestPauseMs } from "../longest-pause.ts";
import { postpone, take } from "../protocol/scripts/rate.ts";
import type { Link } from "../redis/link.ts";
import { sleep } from "../sleep.ts";

interface TokenBucketOptions {
  readonly link: Link;
  readonly key: string;
  /** Calls per second of all workers; Infinity for no limit. */
  readonly rate: number;
  readonly burst: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly of: { readonly run: string; readonly worker: string };
  /** Redis refuses for good. */
  readonly failed: (error: unknown) => void;
}

/** What a late caller may catch up at most, in microseconds: else the delay of each timer would slow everybody down. */
const slackUs = 20_000;
/** What a timer can wait: Node fires longer ones at once. What is left of a wait is slept after it. */
const longestSleepMs = 2_147_483_647;

/** The shared rate, seen from one worker: all that wait are asked for in one call to Redis. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #waiting: (() => void)[] = [];
  #isAsking = false;
  #postponements = 0;
  /** By this worker's clock: nobody asks the hub before. */
  #pausedUntil = -Infinity;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
  }

  /** Times that the hub asked this worker to be left alone. */
  get postponements(): number {
    return this.#postponements;
  }

  /** How long the hub must be left alone, in milliseconds. */
  get pausedMs(): number {
    return Math.max(0, this.#pausedUntil - this.#options.clock.now());
  }

  /** Resolves when a call is free; also when the worker ends, which whoever waits looks at anyway. */
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

  /** The hub asked this worker to be left alone, for an hour at most: all others are told. */
  async postpone(askedMs: number): Promise<void> {
    const { link, key, signal } = this.#options;
    const ms = Math.min(askedMs, longestPauseMs);
    this.#postponements += 1;
    this.hold(ms);
    publish("limit", () => ({ ...this.#options.of, event: "paused", ms }));
    try {
      await link.insist(postpone, [key], [Math.ceil(ms)], signal);
    } catch (error) {
      if (!signal.aborted) this.#options.failed(error);
    }
  }

  /** The hub asked another worker. */
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
    const interval = 1_000_000 / rate;
    const args = [interval, burst, Math.min(slackUs, interval / 2), this.#waiting.length];
    const [granted, waitUs] = (await link.insist(take, [key], args, signal)) as [number, number];
    // A pause that was announced while the answer was on its way counts for what it grants too.
    if (this.pausedMs === 0) this.#letGo(granted);
    return waitUs / 1000;
  }

  #letGo(many: number): void {
    for (const go of this.#waiting.splice(0, many)) go();
  }
}
