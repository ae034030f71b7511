/** Callers that still wait. */
export class Owed {
  count = 0;
  readonly #drained: (() => void)[] = [];

  settle(): void {
    this.count -= 1;
    if (this.count === 0 && this.#drained.length > 0)
      for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** Resolves when no caller waits any more. */
  drained(): Promise<void> {
    return this.count === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#drained.push(resolve);
        });
  }
}
