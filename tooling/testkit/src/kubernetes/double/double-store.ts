import { isDeepStrictEqual } from "node:util";

import type { KubernetesObject, ObjectName } from "../object.ts";

/** What the double serves, by the last part of its path. */
export const resourceKinds: Readonly<Record<string, { readonly apiVersion: string; readonly kind: string }>> =
  {
    services: { apiVersion: "v1", kind: "Service" },
    pods: { apiVersion: "v1", kind: "Pod" },
    nodes: { apiVersion: "v1", kind: "Node" },
    namespaces: { apiVersion: "v1", kind: "Namespace" },
    secrets: { apiVersion: "v1", kind: "Secret" },
    configmaps: { apiVersion: "v1", kind: "ConfigMap" },
    endpointslices: { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" },
  };

/** One change, as a watch sees it. */
export interface StoreEvent {
  readonly resource: string;
  readonly revision: number;
  /** After it; of a deletion the last state, with the revision of the deletion. */
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | undefined;
  readonly deleted: boolean;
}

interface Backup {
  readonly revision: number;
  readonly objects: ReadonlyMap<string, KubernetesObject>;
}

/** How many changes and backups are remembered; older ones are forgotten. */
const memory = { changes: 1000, backups: 10 } as const;

/** The objects of an API server with one revision for all of them, and the changes that it has not forgotten. */
export class DoubleStore {
  #revision = 1000;
  #floor = 1000;
  #objects = new Map<string, KubernetesObject>();
  #history: StoreEvent[] = [];
  readonly #backups = new Map<string, Backup>();
  readonly #changed: (event: StoreEvent) => void;

  constructor(changed: (event: StoreEvent) => void) {
    this.#changed = changed;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Changes before this revision are forgotten. */
  get floor(): number {
    return this.#floor;
  }

  get(resource: string, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.#objects.get(`${resource}/${namespace ?? ""}/${name}`);
  }

  /** In the order of namespace and name. */
  list(resource: string, namespace: string | undefined): readonly KubernetesObject[] {
    const start = namespace === undefined ? `${resource}/` : `${resource}/${namespace}/`;
    return [...this.#objects]
      .filter(([key]) => key.startsWith(start))
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Changes after a revision, in order. */
  since(resource: string, revision: number): readonly StoreEvent[] {
    return this.#history.filter((event) => event.resource === resource && event.revision > revision);
  }

  /** Creates an object or changes it to what is given; where nothing changes, nothing happens. */
  put(object: KubernetesObject): KubernetesObject {
    const [resource, key] = this.#place(object);
    const previous = this.#objects.get(key);
    const made = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: previous?.metadata.uid ?? crypto.randomUUID(),
        creationTimestamp: previous?.metadata.creationTimestamp ?? new Date().toISOString(),
        resourceVersion: previous?.metadata.resourceVersion ?? "",
      },
    };
    if (previous !== undefined && isDeepStrictEqual(made, previous)) return previous;
    return this.#record(resource, key, made, previous, false);
  }

  patch(target: ObjectName, patch: unknown): KubernetesObject {
    const [, key] = this.#place(target);
    const present = this.#objects.get(key);
    if (present === undefined) throw new Error(`there is no ${key}`);
    return this.put(merged(present, patch) as KubernetesObject);
  }

  delete(target: ObjectName): void {
    const [resource, key] = this.#place(target);
    const previous = this.#objects.get(key);
    if (previous === undefined) throw new Error(`there is no ${key}`);
    this.#record(resource, key, previous, previous, true);
  }

  /** Forgets all changes. */
  compact(): void {
    this.#floor = this.#revision;
    this.#history = [];
  }

  backup(): string {
    const backup = crypto.randomUUID();
    this.#backups.set(backup, { revision: this.#revision, objects: new Map(this.#objects) });
    if (this.#backups.size > memory.backups) this.#backups.delete(this.#backups.keys().next().value!);
    return backup;
  }

  /** Goes back to a backup, its revision included. */
  restore(backup: string): void {
    const state = this.#backups.get(backup);
    if (state === undefined) throw new Error(`there is no backup ${backup}`);
    this.#revision = state.revision;
    this.#objects = new Map(state.objects);
    this.compact();
  }

  #place({ apiVersion, kind, metadata }: ObjectName): readonly [resource: string, key: string] {
    const found = Object.entries(resourceKinds).find(
      ([, known]) => known.kind === kind && known.apiVersion === apiVersion,
    );
    if (found === undefined) throw new Error(`the double serves no ${apiVersion} ${kind}`);
    return [found[0], `${found[0]}/${metadata.namespace ?? ""}/${metadata.name}`];
  }

  #record(
    resource: string,
    key: string,
    made: KubernetesObject,
    previous: KubernetesObject | undefined,
    deleted: boolean,
  ): KubernetesObject {
    this.#revision += 1;
    const revision = this.#revision;
    const object = { ...made, metadata: { ...made.metadata, resourceVersion: String(revision) } };
    if (deleted) this.#objects.delete(key);
    else this.#objects.set(key, object);
    const event = { resource, revision, object, previous, deleted };
    this.#history.push(event);
    if (this.#history.length > memory.changes) this.#floor = this.#history.shift()!.revision;
    this.#changed(event);
    return object;
  }
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}
