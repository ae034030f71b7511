import { equal } from "./equal.ts";
import type { Instance } from "./instance.ts";

/**
 * The new list, made of the old instances where they say the same, and the old list itself where all do: what stays the same object
 * need not be compared anywhere else.
 */
export function keepEqual(
  before: readonly Instance[] | undefined,
  after: readonly Instance[],
): readonly Instance[] {
  if (before === undefined) return after;
  const byUid = new Map(before.map((instance) => [instance.uid, instance]));
  const kept = after.map((instance) => {
    const old = byUid.get(instance.uid);
    return old !== undefined && equal(old, instance) ? old : instance;
  });
  const same = kept.length === before.length && kept.every((instance, index) => instance === before[index]);
  return same ? before : kept;
}
