import { equal } from "../../instance/equal.ts";
import type { KubernetesObject } from "../api/kubernetes-object.ts";
import { ByName } from "../releases/by-name.ts";
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
  /** The object that had a name last. */
  #uids = new ByName<string>();

  constructor(options: ReflectedSetOptions<T>) {
    this.#options = options;
  }

  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  /** An object is there, or has changed. Whoever has its name, and was not said to be gone, is gone. */
  apply(object: KubernetesObject, identity: ObjectIdentity): readonly SetChange<T>[] {
    const { uid, namespace, name } = identity;
    const namesake = this.#uids.get(namespace, name);
    const gone = namesake === undefined || namesake === uid ? [] : this.#drop(namesake);
    let item: T | undefined;
    try {
      item = this.#options.project(object);
    } catch (error) {
      this.#options.dropped(error);
      return gone;
    }
    if (item === undefined) return [...gone, ...this.delete(identity)];
    const previous = this.#items.get(uid);
    this.#put(item, identity);
    return [...gone, { type: "applied", item, previous }];
  }

  delete({ uid, namespace, name }: ObjectIdentity): readonly SetChange<T>[] {
    if (this.#uids.get(namespace, name) === uid) this.#uids.delete(namespace, name);
    return this.#drop(uid);
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
    for (const uid of this.#items.keys()) if (!draft.items.has(uid)) changes.push(...this.#drop(uid));
    this.#uids = new ByName();
    for (const [uid, { item, identity }] of draft.items) {
      const previous = this.#items.get(uid);
      this.#put(item, identity);
      if (item !== previous) changes.push({ type: "applied", item, previous });
    }
    // The watch that it came with goes on for minutes, and with it whatever its frame still holds.
    draft.clear();
    return changes;
  }

  #put(item: T, { uid, version, namespace, name }: ObjectIdentity): void {
    this.#items.set(uid, item);
    this.#versions.set(uid, version);
    this.#uids.set(namespace, name, uid);
  }

  #drop(uid: string): readonly SetChange<T>[] {
    const item = this.#items.get(uid);
    this.#items.delete(uid);
    this.#versions.delete(uid);
    return item === undefined ? [] : [{ type: "deleted", item }];
  }
}

interface Drafted<T> {
  readonly item: T;
  readonly identity: ObjectIdentity;
}

/** A set that is not whole yet. */
export class SetDraft<T> {
  readonly #read: (object: KubernetesObject, identity: ObjectIdentity) => T | undefined;
  readonly #items = new Map<string, Drafted<T>>();

  constructor(read: (object: KubernetesObject, identity: ObjectIdentity) => T | undefined) {
    this.#read = read;
  }

  get items(): ReadonlyMap<string, Drafted<T>> {
    return this.#items;
  }

  apply(object: KubernetesObject, identity: ObjectIdentity): void {
    const item = this.#read(object, identity);
    if (item === undefined) this.#items.delete(identity.uid);
    else this.#items.set(identity.uid, { item, identity });
  }

  delete(uid: string): void {
    this.#items.delete(uid);
  }

  clear(): void {
    this.#items.clear();
  }
}

/** A whole set on its way. */
export interface SetReading<T> {
  readonly draft: SetDraft<T>;
  /** When the server was asked for it. */
  readonly begunAt: number;
}
