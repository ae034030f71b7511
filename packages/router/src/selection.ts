import type { CandidateList } from "./route.ts";
import type { Choice } from "./routing-policy.ts";
import type { Slot } from "./slot.ts";
import type { Target } from "./target.ts";

/** The choice that a router hands to its policy: one object, refilled for each pick, because picks never overlap. */
export class Selection<T extends Target> implements Choice {
  candidates: readonly Slot<T>[] = [];
  next = 0;
  now = 0;
  readonly random: () => number;
  readonly #eligible: ((target: T) => boolean) | undefined;
  #exclude: readonly T[] | undefined;

  constructor(eligible: ((target: T) => boolean) | undefined, random: () => number) {
    this.#eligible = eligible;
    this.random = random;
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
    return this.#eligible === undefined || this.#eligible(slot.target);
  }
}

/** By id: between two attempts an update may have replaced the object. */
export function isExcluded(target: Target, exclude: readonly Target[]): boolean {
  for (const tried of exclude) if (tried.id === target.id) return true;
  return false;
}
