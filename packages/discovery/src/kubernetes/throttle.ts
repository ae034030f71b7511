import type { Clock } from "@fleet/time";

interface ThrottleOptions {
  readonly clock: Clock;
  /** How long after a beginning the next one waits, in milliseconds. */
  readonly ms: number;
  /** Never rejects. */
  readonly work: () => Promise<void>;
}

/**
 * Does work that is asked for again and again: at once when it is quiet, else at a steady pace, never twice at a time, and always
 * once more after the last time that it was asked for.
 */
export class Throttle {
  readonly #options: ThrottleOptions;
  #begun = Number.NEGATIVE_INFINITY;
  #state: "idle" | "waiting" | "working" | "asked again" | "stopped" = "idle";
  #timer: unknown;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  ask(): void {
    if (this.#state === "working") this.#state = "asked again";
    if (this.#state !== "idle") return;
    this.#state = "waiting";
    const { clock, ms } = this.#options;
    const wait = this.#begun + ms - clock.now();
    if (wait > 0) this.#timer = clock.setTimeout(() => void this.#work(), wait);
    // Not in the middle of the caller's work: it may report more changes.
    else queueMicrotask(() => void this.#work());
  }

  stop(): void {
    this.#state = "stopped";
    this.#options.clock.clearTimeout(this.#timer);
  }

  async #work(): Promise<void> {
    if (this.#state !== "waiting") return;
    this.#state = "working";
    this.#begun = this.#options.clock.now();
    await this.#options.work();
    const again = this.#was("asked again");
    if (this.#was("stopped")) return;
    this.#state = "idle";
    if (again) this.ask();
  }

  /** The state after other code may have changed it. */
  #was(state: "asked again" | "stopped"): boolean {
    return this.#state === state;
  }
}
