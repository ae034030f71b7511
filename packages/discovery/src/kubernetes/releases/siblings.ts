import { ByName } from "./by-name.ts";
import type { Translation } from "./translate.ts";

/** A release as far as its name is concerned. */
interface Named {
  readonly namespace: string;
  readonly translation: Translation;
  /** Whether others have its name, so that it is called after its part as well. */
  sharesName: boolean;
}

/** What was there for so long has its name; what is newer takes another one. */
const settledMs = 60_000;

/**
 * Releases of one namespace to which their profiles give one name, as the Redis and the Valkey of an umbrella chart have. None wins by
 * chance: each is called after its part as well, but for one that was there a minute before all others, which stays what it is called.
 */
export class Siblings<R extends Named> {
  readonly #byName = new ByName<ReadonlySet<R>>();

  /**
   * Takes note of what a release became.
   *
   * @returns those whose name changes with it.
   */
  update(release: R, before: Translation): readonly R[] {
    const { namespace, translation } = release;
    const names = new Set([before.sharedName, translation.sharedName]);
    const changed: R[] = [];
    for (const name of names) {
      if (name === undefined) continue;
      const others = [...(this.#byName.get(namespace, name) ?? [])].filter((one) => one !== release);
      const all = translation.sharedName === name ? [...others, release] : others;
      if (all.length === 0) this.#byName.delete(namespace, name);
      else this.#byName.set(namespace, name, new Set(all));
      for (const one of all) if (this.#decide(one, all)) changed.push(one);
    }
    return changed;
  }

  /** @returns whether that is another answer than before. */
  #decide(one: R, all: readonly R[]): boolean {
    const age = ({ translation }: R): number => translation.createdAt;
    const sharesName = all.some((other) => other !== one && age(other) < age(one) + settledMs);
    const isNew = one.sharesName !== sharesName;
    one.sharesName = sharesName;
    return isNew;
  }
}
