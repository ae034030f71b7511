import type { ChildOptions } from "./child.ts";

/** Something that happens to a campaign, and the pause before it. */
export interface Misfortune {
  readonly afterMs: number;
  readonly what:
    | { readonly kind: "kill"; readonly worker: number }
    | { readonly kind: "kill redis"; readonly downMs: number }
    | { readonly kind: "half-open"; readonly ms: number };
}

const points = [
  { channel: "turn", phase: "sent" },
  { channel: "turn", phase: "answered" },
  { channel: "fetch", phase: "started" },
  { channel: "fetch", phase: "ended" },
  { channel: "write", phase: "started" },
  { channel: "write", phase: "ended" },
] as const;

/** What happens when, from a seed: the same seed, the same misfortunes. */
export class Schedule {
  readonly #random: () => number;
  readonly #workers: number;
  readonly #everyMs: number;

  /** @param everyMs the mean time between two misfortunes. */
  constructor(random: () => number, workers: number, everyMs: number) {
    this.#random = random;
    this.#workers = workers;
    this.#everyMs = everyMs;
  }

  next(): Misfortune {
    const afterMs = this.#between(Math.round(0.4 * this.#everyMs), Math.round(1.6 * this.#everyMs));
    const lot = this.#random();
    if (lot < 0.06) return { afterMs, what: { kind: "kill redis", downMs: this.#between(50, 500) } };
    if (lot < 0.12) return { afterMs, what: { kind: "half-open", ms: this.#between(200, 1500) } };
    return { afterMs, what: { kind: "kill", worker: Math.floor(this.#random() * this.#workers) } };
  }

  /** Where a new worker dies by itself: at a step of claim, fetch, write or acknowledgement. Most do not. */
  crashPoint(): ChildOptions["crashAt"] {
    if (this.#random() > 0.3) return undefined;
    const point = points[Math.floor(this.#random() * points.length)]!;
    return { ...point, nth: this.#between(1, 12) };
  }

  #between(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }
}
