/** Keeps `width` calls going until told to stop, and counts how they end. */
export class Load {
  answered = 0;
  readonly errors: unknown[] = [];
  #stopped = false;
  readonly #workers: Promise<void>[];

  constructor(width: number, call: () => Promise<unknown>) {
    this.#workers = Array.from({ length: width }, () => this.#work(call));
  }

  /** Stops, and resolves when every call has ended. */
  async stop(): Promise<this> {
    this.#stopped = true;
    await Promise.all(this.#workers);
    return this;
  }

  /** How many errors say this about the command. */
  count(outcome: string | undefined): number {
    return this.errors.filter((error) => (error as { outcome?: string }).outcome === outcome).length;
  }

  /** Throws until `more` calls were answered since. For `eventually`. */
  progress(more: number): () => void {
    const from = this.answered;
    return () => {
      if (this.answered < from + more) throw new Error(`${this.answered - from} of ${more} calls answered`);
    };
  }

  async #work(call: () => Promise<unknown>): Promise<void> {
    while (!this.#stopped) {
      try {
        await call();
        this.answered += 1;
      } catch (error) {
        this.errors.push(error);
        // An error may come without any input or output: give the sockets their turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
}
