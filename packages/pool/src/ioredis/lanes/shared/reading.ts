import type { Clock } from "@fleet/time";
import type { Redis } from "ioredis";

import type { WireCommand } from "../../commands/wire-command.ts";
import type { Limit, Progress } from "../../resp/reply-limits.ts";
import { ReplyReader } from "../../resp/reply-reader.ts";
import type { Fence } from "./fence.ts";
import { takeOver } from "./take-over.ts";

export interface ReadingSettings {
  readonly clock: Clock;
  readonly maxSkippedBytes: number;
  /** The command that the next reply answers. */
  readonly due: () => WireCommand | undefined;
  readonly took: (command: WireCommand, bytes: Buffer | undefined, start: number, end: number) => void;
  readonly exceeded: (command: WireCommand, limit: Limit) => void;
  /** The fence whose word may still come. */
  readonly fence: () => Fence | undefined;
  /** What comes from now on cannot be believed, or not be awaited. */
  readonly distrust: (why: string) => void;
  readonly closed: () => void;
}

/** Whether a reply has taken so long already, and at its pace so far would not end in as long again. */
export function takesTooLong({ came, missing }: Progress, tookMs: number, ms: number): boolean {
  return tookMs >= ms && missing * tookMs > came * ms;
}

/** The replies of one connection. */
export class Reading {
  /** When bytes last came in. */
  at: number;
  readonly #settings: ReadingSettings;
  readonly #reader: ReplyReader<WireCommand>;
  /** When the first bytes of the reply under way came. */
  #begunAt = 0;

  constructor(redis: Redis, settings: ReadingSettings) {
    const { clock, maxSkippedBytes, due, took, exceeded, distrust, closed } = settings;
    this.#settings = settings;
    this.at = clock.now();
    this.#reader = new ReplyReader({
      maxSkippedBytes,
      due,
      took,
      exceeded,
      endless: () => distrust(`more than ${maxSkippedBytes} bytes of a reply would have to be passed over`),
    });
    takeOver(redis, { data: (chunk) => this.#read(chunk), close: closed });
  }

  stop(): void {
    this.#reader.stop();
  }

  /** Whether a reply that no caller takes has not ended for so long, although bytes come, and does not come at a pace that ends. */
  isEndless(now: number, ms: number): boolean {
    const isLeft = this.#reader.underWay?.settled === true;
    return isLeft && takesTooLong(this.#reader.progress, now - this.#begunAt, ms);
  }

  #read(chunk: Buffer): void {
    const reader = this.#reader;
    const { clock, distrust } = this.#settings;
    const before = reader.underWay;
    this.at = clock.now();
    try {
      reader.read(chunk);
    } catch (error) {
      distrust(`the replies make no sense: ${String(error)}`);
      return;
    }
    const { underWay } = reader;
    if (underWay === undefined) return;
    if (underWay !== before) this.#begunAt = this.at;
    else if (this.#swallows(underWay, chunk)) distrust("a reply does not end where it should");
  }

  /** A length that was wrong swallows the replies behind it. No word stands in a reply that was made before it was asked for. */
  #swallows(command: WireCommand, chunk: Buffer): boolean {
    const fence = this.#settings.fence();
    return fence !== undefined && fence.command !== command && fence.isIn(chunk);
  }
}
