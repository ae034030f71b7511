import { Convention } from "./convention.ts";
import type { Recognition } from "./convention.ts";
import type { ServiceRecord } from "./objects.ts";
import type { Profile } from "./profile.ts";
import { annotationPrefix } from "./settings.ts";

/** Several profiles, in the order in which they are held against a Service. */
export class Conventions {
  readonly #all: readonly Convention[];

  /** @throws SyntaxError when a pattern is no regular expression. */
  constructor(profiles: readonly Profile[]) {
    this.#all = profiles.map((profile) => new Convention(profile));
  }

  /** What the first that recognises a Service sees in it. */
  recognise(service: ServiceRecord): Recognition | undefined {
    for (const convention of this.#all) {
      const recognition = convention.recognise(service);
      if (recognition !== undefined) return recognition;
    }
    return undefined;
  }

  /** Whether one of them may recognise a Service with these labels. */
  mayBe(labels: Readonly<Record<string, string>>): boolean {
    return this.#all.some((convention) => convention.mayBe(labels));
  }

  /** Whether one of them, or everybody, reads this annotation. */
  readsAnnotation(name: string): boolean {
    return name.startsWith(annotationPrefix) || this.#all.some((one) => one.readsAnnotation(name));
  }
}
