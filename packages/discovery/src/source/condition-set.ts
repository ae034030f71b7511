import { publishCondition } from "../channels.ts";
import type { Condition } from "../instance/condition.ts";

interface Held {
  readonly condition: Condition;
  /** How many causes say it. */
  causes: number;
}

/** The conditions of a source, by what causes them; publishes on `fleet:discovery:condition` what comes and what goes. */
export class ConditionSet {
  readonly #source: string;
  readonly #byCause = new Map<string, readonly Condition[]>();
  readonly #held = new Map<string, Held>();
  #all: readonly Condition[] | undefined = [];

  constructor(source: string) {
    this.#source = source;
  }

  /** All of them, each once; the same list until one comes or goes. */
  get all(): readonly Condition[] {
    this.#all ??= [...this.#held.values()].map(({ condition }) => condition);
    return this.#all;
  }

  /** What a cause has to say now; what it said before and does not say any more is cleared, unless another cause says it. */
  replace(cause: string, conditions: readonly Condition[]): void {
    const before = this.#byCause.get(cause) ?? [];
    if (before.length === 0 && conditions.length === 0) return;
    if (conditions.length === 0) this.#byCause.delete(cause);
    else this.#byCause.set(cause, conditions);
    // First what comes: a condition that stays is not cleared in between.
    for (const condition of conditions) this.#raise(condition);
    for (const condition of before) this.#drop(condition);
  }

  #raise(condition: Condition): void {
    const key = keyOf(condition);
    const held = this.#held.get(key);
    if (held !== undefined) held.causes += 1;
    else {
      this.#held.set(key, { condition, causes: 1 });
      this.#tell("raised", condition);
    }
  }

  #drop(condition: Condition): void {
    const key = keyOf(condition);
    const held = this.#held.get(key)!;
    held.causes -= 1;
    if (held.causes > 0) return;
    this.#held.delete(key);
    this.#tell("cleared", held.condition);
  }

  #tell(type: "raised" | "cleared", condition: Condition): void {
    this.#all = undefined;
    publishCondition({ source: this.#source, type, condition });
  }
}

function keyOf({ reason, object, message }: Condition): string {
  return `${reason}\n${object}\n${message}`;
}
