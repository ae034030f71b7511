import { CredentialsError } from "../errors.ts";
import type { Credentials, Wanted } from "./found-credentials.ts";

/** For how long a place that was empty is not asked first. */
const emptyForMs = 30_000;
/** How many of them are remembered. */
const memory = 10_000;

/**
 * Several places of which the first that is filled counts. A convention names some that are hardly ever filled, so one that was empty
 * a moment ago is only asked again when none of the others is filled, or the server refused what was in them.
 */
export class Places {
  readonly #find: (reference: string, wanted?: Wanted) => Promise<Credentials | undefined>;
  readonly #now: () => number;
  readonly #emptyAt = new Map<string, number>();

  constructor(
    find: (reference: string, wanted?: Wanted) => Promise<Credentials | undefined>,
    now: () => number,
  ) {
    this.#find = find;
    this.#now = now;
  }

  /**
   * One that cannot be seen, for want of a right or of an answer, is passed over for others in Kubernetes: rights may be given Secret
   * by Secret, and what is known of the others may do. A password from elsewhere is not sent in its place.
   *
   * @param wanted whose password, where that is known.
   * @param took is called with the one that counts.
   * @throws why the first of them could not be seen, where no other is filled; at once why one is filled with something useless.
   */
  async first(
    references: readonly string[],
    isRefused: boolean,
    wanted: Wanted = {},
    took: (reference: string) => void = () => {},
  ): Promise<Credentials | undefined> {
    let unseen: unknown;
    for (const reference of isRefused ? references : this.#inOrder(references)) {
      if (unseen !== undefined && !isInKubernetes(reference)) break;
      try {
        const found = guessed(reference, await this.#find(reference, wanted));
        this.#remember(reference, found === undefined);
        if (found === undefined) continue;
        took(reference);
        const others = references.slice(references.indexOf(reference) + 1).filter(isInKubernetes);
        return this.#followed(found, others, wanted, new Set(), (place) => took(place ?? reference));
      } catch (error) {
        if (!isUnseen(error)) throw error;
        unseen ??= error;
      }
    }
    if (unseen !== undefined) throw unseen;
    return undefined;
  }

  /** What the server may refuse, and after it what else is in Kubernetes: nothing twice, and no password from elsewhere. */
  #followed(
    found: Credentials,
    others: readonly string[],
    wanted: Wanted,
    seen: Set<string>,
    took: (place?: string) => void,
  ): Credentials {
    seen.add(textOf(found));
    const next = async (): Promise<Credentials | undefined> => {
      let other = await found.next?.();
      while (other !== undefined && seen.has(textOf(other))) other = await other.next?.();
      if (other !== undefined) {
        took();
        return this.#followed(other, others, wanted, seen, took);
      }
      for (const [index, place] of others.entries()) {
        const elsewhere = guessed(place, await this.#find(place, wanted).catch(() => undefined));
        if (elsewhere === undefined || seen.has(textOf(elsewhere))) continue;
        took(place);
        return this.#followed(elsewhere, others.slice(index + 1), wanted, seen, took);
      }
      return undefined;
    };
    return found.next === undefined && others.length === 0 ? found : { ...found, next };
  }

  /** As they are given; but what was empty is asked last of its neighbours in Kubernetes. */
  #inOrder(references: readonly string[]): readonly string[] {
    const ordered: string[] = [];
    let last: string[] = [];
    for (const reference of references)
      if (!isInKubernetes(reference)) {
        ordered.push(...last, reference);
        last = [];
      } else if (this.#wasEmpty(reference)) last.push(reference);
      else ordered.push(reference);
    return [...ordered, ...last];
  }

  #wasEmpty(reference: string): boolean {
    const at = this.#emptyAt.get(reference);
    return at !== undefined && this.#now() - at < emptyForMs;
  }

  #remember(reference: string, isEmpty: boolean): void {
    this.#emptyAt.delete(reference);
    if (!isEmpty || !isInKubernetes(reference)) return;
    this.#emptyAt.set(reference, this.#now());
    if (this.#emptyAt.size > memory) this.#emptyAt.delete(this.#emptyAt.keys().next().value!);
  }
}

/** A Secret of several is where a convention puts it, whether or not the server has a password; a Pod says what is sure. */
function guessed(reference: string, found: Credentials | undefined): Credentials | undefined {
  return found !== undefined && reference.startsWith("secret:") ? { ...found, isGuess: true } : found;
}

function textOf({ username, password }: Credentials): string {
  return JSON.stringify([username, password]);
}

function isInKubernetes(reference: string): boolean {
  return /^(?:secret|pod):/.test(reference);
}

/** Whether the API server refused, or did not answer; else the place was seen and is of no use, which only its owner can mend. */
function isUnseen(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return !(error instanceof CredentialsError) && !String(code).startsWith("FLEET_DISCOVERY_SECRET_");
}
