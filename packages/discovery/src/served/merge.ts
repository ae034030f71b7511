import type { Instance } from "../instance/instance.ts";

/** An instance that is not served, since `winner` came first with the same name or uid. */
export interface Conflict {
  readonly source: string;
  readonly instance: Instance;
  readonly winner: string;
}

/** The sets of all sources as one, by uid; where two claim a name or a uid, the earlier source (or the earlier instance) wins. */
export function merge(
  sources: readonly { readonly name: string; readonly instances: readonly Instance[] }[],
): { readonly set: Map<string, Instance>; readonly conflicts: readonly Conflict[] } {
  const set = new Map<string, Instance>();
  const owner = new Map<string, string>();
  const conflicts: Conflict[] = [];
  for (const { name: source, instances } of sources)
    for (const instance of instances) {
      const byUid = set.get(instance.uid);
      const winner = owner.get(instance.name) ?? (byUid && owner.get(byUid.name));
      if (winner !== undefined) conflicts.push({ source, instance, winner });
      else {
        set.set(instance.uid, instance);
        owner.set(instance.name, source);
      }
    }
  return { set, conflicts };
}
