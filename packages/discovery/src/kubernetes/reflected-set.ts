import { equal } from "../equal.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import type { ObjectIdentity } from "./object-identity.ts";

/** What became of something that is kept. */
export type SetChange<T> =
  | { readonly type: "applied"; readonly item: T; readonly previous: T | undefined }
  | { readonly type: "deleted"; readonly item: T };

interface ReflectedSetOptions<T> {
  readonly project: (object: KubernetesObject) => T | undefined;
  /** The projection threw. */
  readonly dropped: (error: unknown) => void;
}

/** What is kept of the objects of one kind, by uid, each with the version that it was made of. */
export class ReflectedSet<T> {
  readonly #options: ReflectedSetOptions<T>;
  readonly #items = new Map<string, T>();
  readonly #versions = new Map<string, string>();

  constructor(options: ReflectedSetOptions<T>) {
    this.#options = options;
  }

  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  /** An object is there, or has changed. */
  apply(object: KubernetesObject, { uid, version }: ObjectIdentity): SetChange<T> | undefined {
    const previous = this.#items.get(uid);
    let item: T | undefined;
    try {
      item = this.#options.project(object);
    } catch (error) {
      this.#options.dropped(error);
      return undefined;
    }
    if (item === undefined) return this.delete(uid);
    this.#put(uid, item, version);
    return { type: "applied", item, previous };
  }

  delete(uid: string): SetChange<T> | undefined {
    const item = this.#items.get(uid);
    this.#items.delete(uid);
    this.#versions.delete(uid);
    return item === undefined ? undefined : { type: "deleted", item };
  }

  /**
   * The beginning of another set.
   *
   * @param isDoubtful whether the server may have another past: then the same version of an object may be another one.
   */
  draft(isDoubtful: boolean): SetDraft<T> {
    return new SetDraft((object, { uid, version }) => {
      const item = this.#items.get(uid);
      const isSame = this.#versions.get(uid) === version;
      if (isSame && !isDoubtful) return item;
      try {
        const other = this.#options.project(object);
        return isSame && equal(other, item) ? item : other;
      } catch (error) {
        this.#options.dropped(error);
        return item;
      }
    });
  }

  /** Becomes what was drafted, at once; what that changed, first what has gone, so that a name is free before it is taken again. */
  replace(draft: SetDraft<T>): readonly SetChange<T>[] {
    const changes: SetChange<T>[] = [];
    for (const [uid, item] of this.#items)
      if (!draft.items.has(uid)) {
        this.delete(uid);
        changes.push({ type: "deleted", item });
      }
    for (const [uid, { item, version }] of draft.items) {
      const previous = this.#items.get(uid);
      this.#put(uid, item, version);
      if (item !== previous) changes.push({ type: "applied", item, previous });
    }
    return changes;
  }

  #put(uid: string, item: T, version: string): void {
    this.#items.set(uid, item);
    this.#versions.set(uid, version);
  }
}

/** A set that is not whole yet. */
export class SetDraft<T> {
  readonly #read: (object: KubernetesObject, identity: ObjectIdentity) => T | undefined;
  readonly #items = new Map<string, { readonly item: T; readonly version: string }>();

  constructor(read: (object: KubernetesObject, identity: ObjectIdentity) => T | undefined) {
    this.#read = read;
  }

  get items(): ReadonlyMap<string, { readonly item: T; readonly version: string }> {
    return this.#items;
  }

  /** Nobody hears of a draft. */
  apply(object: KubernetesObject, identity: ObjectIdentity): undefined {
    const item = this.#read(object, identity);
    if (item === undefined) this.#items.delete(identity.uid);
    else this.#items.set(identity.uid, { item, version: identity.version });
  }

  delete(uid: string): undefined {
    this.#items.delete(uid);
  }
}
