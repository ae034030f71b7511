import type { Condition } from "../../instance/condition.ts";
import { annotationPrefix } from "../profiles/settings.ts";
import type { Setting, Settings } from "../profiles/settings.ts";
import { about } from "./member.ts";
import type { Member } from "./member.ts";

/** What the Services of a release say about their instance; the first that says something counts. */
export class ReleaseSettings {
  readonly #members: readonly Member[];

  /** @param members in the order in which they are read. */
  constructor(members: readonly Member[]) {
    this.#members = members;
  }

  of<K extends Setting>(setting: K): Settings[K] | undefined {
    for (const { recognition } of this.#members) {
      const value = recognition.settings.values[setting];
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** The same, and `false` where something is said that cannot be read. */
  orBroken<K extends Setting>(setting: K): Settings[K] | false | undefined {
    const value = this.of(setting);
    if (value !== undefined) return value;
    const broken = this.#members.some(({ recognition }) =>
      recognition.settings.faults.some((fault) => fault.setting === setting),
    );
    return broken ? false : undefined;
  }

  /** What cannot be read. No value is shown: people put passwords where a name belongs. */
  get conditions(): readonly Condition[] {
    return this.#members.flatMap((member) =>
      member.recognition.settings.faults.map(({ setting, expected }) =>
        about(
          member,
          "InvalidAnnotation",
          expected === undefined
            ? `${annotationPrefix}${setting} is not known`
            : `${annotationPrefix}${setting} must be ${expected}`,
        ),
      ),
    );
  }
}
