import { Queue } from "./queue.ts";

/**
 * A fixed number of pieces of work at a time: a semaphore and its queue. Work that has failed before has a queue of its own, and
 * the two queues take turns: neither keeps the other from all places.
 */
export class Stage<T> {
  readonly limit: number;
  readonly #work: (item: T) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #fresh = new Queue<T>();
  readonly #again = new Queue<T>();
  #isAgainNext = false;
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

  /** @param isAgain it has failed before. */
  push(item: T, isAgain = false): void {
    (isAgain ? this.#again : this.#fresh).push(item);
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
    while (!this.#isHeld && this.#active < this.limit && this.#fresh.length + this.#again.length > 0) {
      this.#active += 1;
      this.#work(this.#next()).then(() => this.#ended(), this.#failed);
    }
  }

  #next(): T {
    const isAgain = this.#again.length > 0 && (this.#isAgainNext || this.#fresh.length === 0);
    this.#isAgainNext = !isAgain;
    return (isAgain ? this.#again : this.#fresh).take()!;
  }

  #ended(): void {
    this.#active -= 1;
    if (this.#active === 0 && this.#isHeld) this.#drained?.();
    this.#start();
  }
}
