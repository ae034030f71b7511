import type { RunDefinition } from "../protocol/definition.ts";
import { itemsOf } from "../protocol/item.ts";
import type { Keys } from "../protocol/keys.ts";
import type { RedisLink } from "../redis/link.ts";

/** Where an id stands: its chunk and its place in it. */
export interface Location {
  readonly chunk: number;
  readonly index: number;
}

/** Finds an id among those of the source; a range is computed, everything else is searched. */
export async function locate(
  link: RedisLink,
  definition: RunDefinition,
  keys: Keys,
  id: string,
): Promise<Location | undefined> {
  if (definition.kind === "range") {
    const number = Number(id);
    if (!/^\d+$/.test(id) || number < definition.from || number > definition.to) return undefined;
    const place = number - definition.from;
    return { chunk: Math.floor(place / definition.chunkSize), index: place % definition.chunkSize };
  }
  for await (const [chunk, text] of scanItems(link, keys)) {
    const index = itemsOf(definition, chunk, text).findIndex((item) => item.id === id);
    if (index !== -1) return { chunk, index };
  }
  return undefined;
}

/** The stored chunks, in no order. */
export async function* scanItems(link: RedisLink, keys: Keys): AsyncGenerator<readonly [number, string]> {
  let cursor = "0";
  do {
    const [next, flat] = (await link.call("HSCAN", [keys.items, cursor, "COUNT", 100])) as [string, string[]];
    for (let at = 0; at < flat.length; at += 2) yield [Number(flat[at]), flat[at + 1]!];
    cursor = next;
  } while (cursor !== "0");
}
