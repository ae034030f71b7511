import type { Facts } from "../protocol/facts.ts";
import { itemsOf } from "../protocol/item.ts";
import type { Keys } from "../protocol/keys.ts";
import type { Link } from "../redis/link.ts";

/** Where an id stands: its chunk and its place in it. */
export interface Location {
  readonly chunk: number;
  readonly index: number;
}

/** Finds an id among those of the source; a range is computed, everything else is searched. */
export async function locate(
  link: Link,
  facts: Facts,
  keys: Keys,
  id: string,
): Promise<Location | undefined> {
  if (facts.kind === "range") {
    const number = Number(id);
    if (!/^\d+$/.test(id) || number < facts.from || number > facts.to) return undefined;
    const place = number - facts.from;
    return { chunk: Math.floor(place / facts.chunkSize), index: place % facts.chunkSize };
  }
  for await (const [chunk, text] of scanItems(link, keys)) {
    const index = itemsOf(facts, chunk, text).findIndex((item) => item.id === id);
    if (index !== -1) return { chunk, index };
  }
  return undefined;
}

/** The stored chunks, in no order. */
export async function* scanItems(link: Link, keys: Keys): AsyncGenerator<readonly [number, string]> {
  let cursor = "0";
  do {
    const [next, flat] = (await link.call("HSCAN", [keys.items, cursor, "COUNT", 100])) as [string, string[]];
    for (let at = 0; at < flat.length; at += 2) yield [Number(flat[at]), flat[at + 1]!];
    cursor = next;
  } while (cursor !== "0");
}
