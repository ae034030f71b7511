import type { DeadLetter, StoredLetter } from "../protocol/dead-letter.ts";
import type { RedisLink } from "../redis/link.ts";

/** A dead letter and where it stands. */
export interface FoundLetter {
  readonly field: string;
  readonly letter: DeadLetter;
}

export function readLetter(text: string): DeadLetter {
  const split = text.indexOf(" ");
  const { item, ...reason } = JSON.parse(text.slice(split + 1)) as StoredLetter;
  return { ...item, ...reason, at: Number(text.slice(0, split)) };
}

/** All dead letters, in no order. One that stands there throughout comes once. */
export async function* scanLetters(link: RedisLink, key: string): AsyncGenerator<FoundLetter> {
  // HSCAN may name a field twice when the hash is resized meanwhile.
  const seen = new Set<string>();
  let cursor = "0";
  do {
    const [next, flat] = (await link.call("HSCAN", [key, cursor, "COUNT", 500])) as [string, string[]];
    for (let at = 0; at < flat.length; at += 2) {
      const field = flat[at]!;
      if (seen.has(field)) continue;
      seen.add(field);
      yield { field, letter: readLetter(flat[at + 1]!) };
    }
    cursor = next;
  } while (cursor !== "0");
}
