import { printed } from "@fleet/options";

import { InvalidOptionError } from "./errors.ts";
import type { CandidateList } from "./route.ts";
import type { Choice } from "./routing-policy.ts";
import type { Slot } from "./slot.ts";
import type { Target } from "./target.ts";

interface SelectionOptions<T extends Target> {
  readonly eligible?: ((target: T) => boolean) | undefined;
  readonly rank?: ((target: T) => number) | undefined;
}

/** The choice that a router hands to its policy: one object, refilled for each pick, because picks never overlap. */
export class Selection<T extends Target> implements Choice {
  candidates: readonly Slot<T>[] = [];
  next = 0;
  now = 0;
  /** The lowest rank among the candidates that were passed over for their rank; undefined when there is none. */
  nextRank: number | undefined;
  readonly random: () => number;
  readonly #eligible: ((target: T) => boolean) | undefined;
  readonly #rank: ((target: T) => number) | undefined;
  #exclude: readonly T[] | undefined;
  #highestRank = 0;

  constructor({ eligible, rank }: SelectionOptions<T>, random: () => number) {
    this.#eligible = eligible;
    this.#rank = rank;
    this.random = random;
  }

  /** From now on candidates up to this rank are usable. */
  admit(highestRank: number): void {
    this.#highestRank = highestRank;
    this.nextRank = undefined;
  }

  over(list: CandidateList<T>, exclude: readonly T[] | undefined, now: number): this {
    this.candidates = list.slots;
    this.next = list.next;
    this.now = now;
    this.#exclude = exclude;
    return this;
  }

  usable(index: number): boolean {
    const slot = this.candidates[index];
    if (slot === undefined) return false;
    if (this.#exclude !== undefined && isExcluded(slot.target, this.#exclude)) return false;
    if (this.#eligible !== undefined && !this.#eligible(slot.target)) return false;
    if (this.#rank === undefined) return true;
    const rank = this.#rank(slot.target);
    if (typeof rank !== "number" || !(rank >= 0))
      throw new InvalidOptionError("rank", "a number of at least 0", printed(rank));
    if (rank <= this.#highestRank) return true;
    if (this.nextRank === undefined || rank < this.nextRank) this.nextRank = rank;
    return false;
  }
}

/** By id: between two attempts an update may have replaced the object. */
export function isExcluded(target: Target, exclude: readonly Target[]): boolean {
  for (const tried of exclude) if (tried.id === target.id) return true;
  return false;
}
