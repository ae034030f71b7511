import type { KubernetesObject } from "@fleet/testkit/kubernetes";

/** What the tests keep of a Service. */
export interface Kept {
  readonly uid: string;
  readonly name: string;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The projection of the tests. */
export function kept(object: unknown): Kept {
  const { metadata } = object as KubernetesObject;
  const { uid, name, resourceVersion, labels = {} } = metadata;
  return { uid: uid!, name, version: resourceVersion!, labels };
}

/** Knows what a reflector told, and nothing else; notes whatever contradicts what it was told before. */
export class Mirror {
  readonly items = new Map<string, Kept>();
  readonly contradictions: string[] = [];
  /** `+name`, `~name`, `-name` and, the first time, `=` (the set is current), in order. */
  readonly told: string[] = [];
  readonly failures: Error[] = [];
  #isSynced = false;

  readonly applied = (item: Kept, previous: Kept | undefined): void => {
    this.told.push(`${previous === undefined ? "+" : "~"}${item.name}`);
    const known = this.items.get(item.uid);
    if (known !== previous)
      this.#contradiction(
        `${item.name} was ${known?.version ?? "unknown"}, told ${previous?.version ?? "new"}`,
      );
    const namesake = [...this.items.values()].find(({ name, uid }) => name === item.name && uid !== item.uid);
    if (namesake !== undefined) this.#contradiction(`${item.name} is made again, and was not deleted`);
    this.items.set(item.uid, item);
  };

  readonly deleted = (item: Kept): void => {
    this.told.push(`-${item.name}`);
    if (this.items.get(item.uid) !== item)
      this.#contradiction(`${item.name} deleted, and is not there as told`);
    this.items.delete(item.uid);
  };

  readonly synced = (): void => {
    if (!this.#isSynced) this.told.push("=");
    this.#isSynced = true;
  };

  readonly failed = (error: Error): void => void this.failures.push(error);

  /** Sorted. */
  get names(): readonly string[] {
    return [...this.items.values()].map(({ name }) => name).toSorted();
  }

  #contradiction(what: string): void {
    this.contradictions.push(`${this.told.length}: ${what}`);
  }
}
