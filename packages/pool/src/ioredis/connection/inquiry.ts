import type { Clock } from "@fleet/time";

/** How long an answer stands, in milliseconds. */
const standsMs = 10_000;

/**
 * What was found out about a server that would not talk. Finding out takes connections of its own, so it is done once in a while, and
 * what was found stands for the dials between.
 */
export class Inquiry<T> {
  readonly #clock: Clock;
  readonly #found = new Map<string, { readonly at: number; readonly answer: Promise<T> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param question there are few, and each is asked on its own. */
  ask(question: string, find: () => Promise<T>): Promise<T> {
    const now = this.#clock.now();
    const known = this.#found.get(question);
    if (known !== undefined && now - known.at < standsMs) return known.answer;
    const answer = find();
    this.#found.set(question, { at: now, answer });
    return answer;
  }
}
