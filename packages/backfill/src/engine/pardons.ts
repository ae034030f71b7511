/** Ids that are remembered; what is forgotten is pardoned once more. */
const remembered = 1000;

interface Failure {
  /** Answers, and failures of this kind, that there were of all ids when it failed. */
  readonly answers: number;
  readonly failures: number;
  /** The other side answered for other ids, and as far as is known still does. */
  readonly isItsOwn: boolean;
}

/**
 * Decides whether a failure with which the other side says that it is away is pardoned, or counts against the id. It counts
 * when others were answered since this id failed last and none has failed like it: a side that is away for one id only is
 * not away. And it counts when the id was pardoned often enough: every run must end.
 */
export class Pardons {
  readonly #most: number;
  readonly #last = new Map<string, Failure>();
  #answers = 0;
  #failures = 0;

  /** @param most times that one id is pardoned. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How often the other side has answered. */
  get answers(): number {
    return this.#answers;
  }

  /** The other side has answered. */
  answered(): void {
    this.#answers += 1;
  }

  /** @param pardons how often the id was pardoned before. */
  grant(id: string, pardons: number): boolean {
    const before = this.#last.get(id);
    let isItsOwn = false;
    if (before !== undefined) {
      if (this.#answers > before.answers) isItsOwn = true;
      else isItsOwn = before.isItsOwn && this.#failures === before.failures;
    }
    this.#failures += 1;
    this.#last.delete(id);
    this.#last.set(id, { answers: this.#answers, failures: this.#failures, isItsOwn });
    if (this.#last.size > remembered) {
      const [oldest] = this.#last.keys();
      this.#last.delete(oldest!);
    }
    return !isItsOwn && pardons < this.#most;
  }
}
