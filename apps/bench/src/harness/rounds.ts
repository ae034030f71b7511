import type { Contestant, Figures, Plan } from "./scenario.ts";

/** What was measured: per contestant its figures, round by round. */
export interface Measured {
  readonly rounds: ReadonlyMap<string, readonly Figures[]>;
  /** Contestants that failed, and how; they have no rounds. */
  readonly failures: ReadonlyMap<string, string>;
}

export interface RoundsOptions extends Plan {
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called before each turn. */
  readonly progress?: (round: number, name: string) => void;
}

/**
 * Puts all under load, one after the other, round by round. Each contestant is in every place of the order once in as many
 * rounds as there are contestants. The first round warms up (compilers, caches, heaps, connections) and is not counted.
 */
export async function runRounds(
  contestants: readonly Contestant[],
  { rounds, roundMs, seed, signal, progress }: RoundsOptions,
): Promise<Measured> {
  const measured = new Map<string, Figures[]>(contestants.map(({ name }) => [name, []]));
  const failures = new Map<string, string>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const contestant of rotated(contestants, seed + round)) {
      const { name } = contestant;
      const figures = measured.get(name);
      if (figures === undefined) continue;
      signal.throwIfAborted();
      progress?.(round, name);
      try {
        const turn = await contestant.measure({ roundMs, signal });
        if (round > 0) figures.push(turn);
      } catch (error) {
        signal.throwIfAborted();
        // Half of its rounds would be compared with all of the others'.
        measured.delete(name);
        failures.set(name, error instanceof Error ? error.message : String(error));
      }
    }
  }
  return { rounds: measured, failures };
}

/** The same things in the same order, begun `by` places further on. */
export function rotated<T>(things: readonly T[], by: number): readonly T[] {
  const begin = things.length === 0 ? 0 : by % things.length;
  return [...things.slice(begin), ...things.slice(0, begin)];
}
