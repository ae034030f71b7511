/** What one request holds of a budget. */
export interface Hold {
  /** @throws what the budget says when there is no more, in all or for its owner. */
  readonly take: (bytes: number) => void;
  /** Everything back; what is taken after is given back too. */
  readonly release: () => void;
}

/** Bytes that requests under way may hold together. An owner has at most half, so that no one takes it all from the others. */
export class Budget {
  readonly #maxBytes: number;
  readonly #isFull: () => Error;
  readonly #byOwner = new Map<string, number>();
  #held = 0;

  /** @param isFull makes the error of what finds no room. */
  constructor(maxBytes: number, isFull: () => Error) {
    this.#maxBytes = maxBytes;
    this.#isFull = isFull;
  }

  /** Bytes held now. */
  get held(): number {
    return this.#held;
  }

  hold(owner: string): Hold {
    let held = 0;
    let released = false;
    const move = (bytes: number): void => {
      held += bytes;
      this.#held += bytes;
      const all = (this.#byOwner.get(owner) ?? 0) + bytes;
      if (all === 0) this.#byOwner.delete(owner);
      else this.#byOwner.set(owner, all);
    };
    return {
      take: (bytes) => {
        if (released) return;
        const own = this.#byOwner.get(owner) ?? 0;
        // What is larger than a share passes when it is alone: a limit of its own lets it be that large.
        const isFull = this.#held + bytes > this.#maxBytes && this.#held > held;
        const isGreedy = own + bytes > this.#maxBytes / 2 && own > held;
        if (isFull || isGreedy) throw this.#isFull();
        move(bytes);
      },
      release: () => {
        released = true;
        move(-held);
      },
    };
  }
}
