/** So many pieces of work at a time, the others in line: a semaphore and its queue. */
export class Stage<T> {
  readonly limit: number;
  readonly #work: (item: T) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #queue: T[] = [];
  #head = 0;
  #active = 0;
  #isHeld = false;
  #drained: (() => void) | undefined;

  constructor(limit: number, work: (item: T) => Promise<void>, failed: (error: unknown) => void) {
    this.limit = limit;
    this.#work = work;
    this.#failed = failed;
  }

  get active(): number {
    return this.#active;
  }

  push(item: T): void {
    this.#queue.push(item);
    this.#start();
  }

  /** Starts nothing more until `release`, and resolves when nothing is under way. */
  async hold(): Promise<void> {
    this.#isHeld = true;
    if (this.#active === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained = resolve;
    await promise;
  }

  release(): void {
    this.#isHeld = false;
    this.#start();
  }

  #start(): void {
    while (!this.#isHeld && this.#active < this.limit && this.#head < this.#queue.length) {
      const item = this.#queue[this.#head]!;
      this.#head += 1;
      this.#active += 1;
      this.#work(item).then(() => this.#ended(), this.#failed);
    }
    if (this.#head > 1000 || this.#head === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  #ended(): void {
    this.#active -= 1;
    if (this.#active === 0 && this.#isHeld) this.#drained?.();
    this.#start();
  }
}
