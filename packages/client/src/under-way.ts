import type { Clock } from "@fleet/time";

/** Counts the calls without an answer. */
export class UnderWay {
  #calls = 0;
  #idle: (() => void) | undefined;

  begin(): void {
    this.#calls += 1;
  }

  end(): void {
    if ((this.#calls -= 1) === 0) this.#idle?.();
  }

  /** Resolves when there are none, or when the time is up. */
  async ended(clock: Clock, graceMs: number): Promise<void> {
    if (this.#calls === 0) return;
    const idle = Promise.withResolvers<void>();
    this.#idle = idle.resolve;
    const timer = clock.setTimeout(idle.resolve, graceMs);
    await idle.promise;
    clock.clearTimeout(timer);
  }
}
