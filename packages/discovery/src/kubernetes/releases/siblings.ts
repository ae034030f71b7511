import type { Condition } from "../../instance/condition.ts";
import { annotationPrefix } from "../profiles/settings.ts";
import { ByName } from "./by-name.ts";
import { condition } from "./reasons.ts";
import type { Translation } from "./translate.ts";

/**
 * How many have the name of a release: it alone, and no other ever had it; several; it alone, after others that had it too. In the
 * last two it is called after its part as well.
 */
export type Naming = "alone" | "shared" | "was-shared";

/** A release as far as its name is concerned. */
interface Named {
  readonly namespace: string;
  readonly translation: Translation;
  naming: Naming;
}

/** What a name counts as that two parts had. */
const several = Symbol("several parts");

/**
 * Releases of one namespace to which their profiles give one name, as the Redis and the Valkey of an umbrella chart have. Each of them
 * is called after its part as well, whichever came first: the bare name is that of one part only. Once a second part has had a name, no
 * release gets the bare name again while the process lives, so that a caller never finds another database under the name it knows.
 */
export class Siblings<R extends Named> {
  readonly #byName = new ByName<ReadonlySet<R>>();
  /** The one part that ever had a name. It outlives its releases: a text that the Services share for each name. */
  readonly #parts = new ByName<string | typeof several>();

  /**
   * Takes note of what a release became.
   *
   * @returns those whose naming changes with it.
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
      for (const one of all) this.#note(namespace, name, one.translation.part);
      if (all.length > 1) this.#parts.set(namespace, name, several);
      const wasShared = this.#parts.get(namespace, name) === several;
      const naming = all.length > 1 ? "shared" : wasShared ? "was-shared" : "alone";
      for (const one of all) {
        if (one.naming === naming) continue;
        one.naming = naming;
        changed.push(one);
      }
    }
    return changed;
  }

  #note(namespace: string, name: string, part: string): void {
    const known = this.#parts.get(namespace, name);
    if (known !== part) this.#parts.set(namespace, name, known === undefined ? part : several);
  }
}

/**
 * What there is to say of a name that is not what it was, or that a process which starts now would not give.
 *
 * @param knownAs the first name under which the release was served by this process.
 */
export function namingCondition(
  { namespace, naming, translation }: Named,
  knownAs: string | undefined,
): Condition | undefined {
  const { sharedName, longName, service, instance } = translation;
  if (sharedName === undefined || instance === undefined || naming === "alone") return undefined;
  const object = `Service ${namespace}/${service}`;
  const keeps = `${annotationPrefix}instance`;
  if (naming === "was-shared")
    return condition(
      "NameShared",
      object,
      `it is called ${instance.name}, since another part had the name ${sharedName} too; a process that starts now calls it ${sharedName}, ${keeps}: ${longName} keeps its name`,
    );
  if (knownAs === undefined || knownAs === instance.name) return undefined;
  return condition(
    "NameShared",
    object,
    `it was called ${knownAs} and is called ${instance.name}, since another part has the name ${sharedName} too; ${keeps}: ${sharedName} gives it the name back`,
  );
}
