import type { Clock } from "@fleet/time";

/** How long a request lives: until its time is over or its signal aborts. Dispose of it, or a timer and listeners stay. */
export class RequestLife implements Disposable {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #signals: readonly AbortSignal[];
  readonly #overtime: (ms: number) => Error;
  #timer: unknown;

  constructor(clock: Clock, signals: readonly AbortSignal[], overtime: (ms: number) => Error) {
    this.#clock = clock;
    this.#signals = signals;
    this.#overtime = overtime;
    for (const signal of signals) {
      if (signal.aborted) this.#controller.abort(signal.reason);
      else signal.addEventListener("abort", this, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** So many milliseconds from now on, whatever it was before. */
  limit(ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#controller.abort(this.#overtime(ms)), ms);
  }

  handleEvent({ target }: Event): void {
    this.#controller.abort((target as AbortSignal).reason);
  }

  [Symbol.dispose](): void {
    this.#clock.clearTimeout(this.#timer);
    for (const signal of this.#signals) signal.removeEventListener("abort", this);
  }
}
