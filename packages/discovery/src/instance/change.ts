import { equal } from "./equal.ts";
import type { Instance } from "./instance.ts";

/**
 * Published on `fleet:discovery:change`: one step from an old set to a new one. An update keeps name and uid; a renamed instance is
 * a removed and an added one.
 */
export type InstanceChange =
  | { readonly type: "added"; readonly instance: Instance }
  | { readonly type: "updated"; readonly instance: Instance; readonly previous: Instance }
  | { readonly type: "removed"; readonly instance: Instance };

/** Instances by uid. */
export type InstanceSet = ReadonlyMap<string, Instance>;

/**
 * The steps from one set to another, by uid: first what was removed, then what was updated, then what was added, so that a
 * name is free before its new owner takes it.
 */
export function diff(previous: InstanceSet, next: InstanceSet): readonly InstanceChange[] {
  const removed: InstanceChange[] = [];
  const updated: InstanceChange[] = [];
  const added: InstanceChange[] = [];
  for (const [uid, instance] of previous)
    if (next.get(uid)?.name !== instance.name) removed.push({ type: "removed", instance });
  for (const [uid, instance] of next) {
    const before = previous.get(uid);
    if (before === undefined || before.name !== instance.name) added.push({ type: "added", instance });
    else if (!equal(before, instance)) updated.push({ type: "updated", instance, previous: before });
  }
  return [...removed, ...updated, ...added];
}
