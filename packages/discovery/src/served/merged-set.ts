import { diff } from "../instance/change.ts";
import type { InstanceChange } from "../instance/change.ts";
import type { Instance } from "../instance/instance.ts";
import { merge } from "./merge.ts";
import type { Conflict } from "./merge.ts";

interface Source {
  readonly name: string;
  readonly instances: readonly Instance[];
}

/** What all sources know together, and what changes in it when one of them hands over another list. */
export class MergedSet {
  readonly #sources: readonly Source[];
  #byUid = new Map<string, Instance>();
  #byName = new Map<string, Instance>();
  #snapshot: ReadonlyMap<string, Instance> | undefined;
  #conflicts: readonly Conflict[] = [];
  /** Names and uids that stand in a conflict. */
  #disputed: ReadonlySet<string> = new Set();

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** By name; copied when it is asked for, so that a fleet of ten thousand that changes often is not copied at each change. */
  get instances(): ReadonlyMap<string, Instance> {
    return (this.#snapshot ??= new Map(this.#byName));
  }

  get conflicts(): readonly Conflict[] {
    return this.#conflicts;
  }

  /** A source has `next` where it had `previous`: undefined, when this is its first list. */
  replace(previous: readonly Instance[] | undefined, next: readonly Instance[]): readonly InstanceChange[] {
    const changes = (previous && this.#replacePart(previous, next)) ?? this.#mergeAgain();
    if (changes.length > 0) this.#snapshot = undefined;
    return changes;
  }

  #mergeAgain(): readonly InstanceChange[] {
    const { set, conflicts } = merge(this.#sources);
    const changes = diff(this.#byUid, set);
    this.#conflicts = conflicts;
    this.#disputed = new Set(conflicts.flatMap(({ instance: { name, uid } }) => [name, uid]));
    if (changes.length === 0) return changes;
    this.#byUid = set;
    this.#byName = new Map([...set.values()].map((instance) => [instance.name, instance]));
    return changes;
  }

  /** The same by looking at what differs alone; undefined where a name or uid in it is, or becomes, disputed. */
  #replacePart(
    previous: readonly Instance[],
    next: readonly Instance[],
  ): readonly InstanceChange[] | undefined {
    const { gone, come } = difference(previous, next);
    // Maps of a part that is most of the whole cost more than the whole.
    if (4 * (gone.length + come.length) > this.size) return undefined;
    if ([...gone, ...come].some(({ name, uid }) => this.#disputed.has(name) || this.#disputed.has(uid)))
      return undefined;
    const before = new Map(gone.map(({ uid }) => [uid, this.#byUid.get(uid)!]));
    const after = new Map(come.map((instance) => [instance.uid, instance]));
    const freed = new Set(gone.map(({ name }) => name));
    const taken = new Set(come.map(({ name }) => name));
    if (after.size < come.length || taken.size < come.length) return undefined;
    for (const { uid, name } of come)
      if ((this.#byUid.has(uid) && !before.has(uid)) || (this.#byName.has(name) && !freed.has(name)))
        return undefined;
    const changes = diff(before, after);
    for (const { type, instance } of changes) {
      if (type === "removed") {
        this.#byUid.delete(instance.uid);
        this.#byName.delete(instance.name);
      } else {
        this.#byUid.set(instance.uid, instance);
        this.#byName.set(instance.name, instance);
      }
    }
    return changes;
  }
}

/** Of two lists, what lies between their common beginning and their common end, less what stays in its place there. */
function difference(
  previous: readonly Instance[],
  next: readonly Instance[],
): { readonly gone: readonly Instance[]; readonly come: readonly Instance[] } {
  let start = 0;
  while (start < previous.length && start < next.length && previous[start] === next[start]) start += 1;
  let end = 0;
  const most = Math.min(previous.length, next.length) - start;
  while (end < most && previous[previous.length - 1 - end] === next[next.length - 1 - end]) end += 1;
  const gone = previous.slice(start, previous.length - end);
  const come = next.slice(start, next.length - end);
  if (gone.length !== come.length) return { gone, come };
  return {
    gone: gone.filter((instance, index) => instance !== come[index]),
    come: come.filter((instance, index) => instance !== gone[index]),
  };
}
