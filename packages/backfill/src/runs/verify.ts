import { UnsupportedError } from "../errors.ts";
import { countOf, type RunDefinition } from "../protocol/definition.ts";
import { itemsOf } from "../protocol/item.ts";
import type { Keys } from "../protocol/keys.ts";
import type { RedisLink } from "../redis/link.ts";
import { scanLetters } from "./dead-letters.ts";
import { scanItems } from "./locate.ts";
import type { Discrepancy, Verification } from "./verification.ts";

/** How many ids are named. */
const named = 100;
/** Bytes of a bitmap per command. */
const page = 1 << 20;

/** @throws UnsupportedError for a stream or a list. */
export async function verify(
  link: RedisLink,
  definition: RunDefinition,
  keys: Keys,
  seen: Iterable<string> | AsyncIterable<string>,
): Promise<Verification> {
  const expected = countOf(definition);
  if (expected === undefined)
    throw new UnsupportedError(`a ${definition.kind} has no known set of ids to compare with`);
  // In this order: what is done at first was written, empty or dead by then, and those are looked at later.
  const done = await bitmap(link, keys.done);
  const empty = await bitmap(link, keys.empty);
  const places = await placesOf(link, definition, keys);
  const dead = new Set<number>();
  for await (const { field } of scanLetters(link, keys.dead)) {
    const [chunk = 0, index = 0] = field.split(":").map(Number);
    dead.add(chunk * definition.chunkSize + index);
  }

  const found = new Uint8Array(Math.ceil(expected / 8));
  const unexpected = new Listed();
  let distinct = 0;
  let ahead = 0;
  for await (const id of seen) {
    const place = places.placeOf(id);
    if (place === undefined) unexpected.add(id);
    else if (!isSet(found, place)) {
      found[Math.floor(place / 8)]! |= 128 >> (place % 8);
      distinct += 1;
      if (!isSet(done, Math.floor(place / definition.chunkSize))) ahead += 1;
    }
  }

  const missing = new Listed();
  const counts = { done: 0, empty: 0 };
  for (let place = 0; place < expected; place += 1) {
    if (!isSet(done, Math.floor(place / definition.chunkSize))) continue;
    counts.done += 1;
    if (isSet(empty, place)) counts.empty += 1;
    else if (!isSet(found, place) && !dead.has(place)) missing.add(places.idOf(place));
  }
  return {
    clean: missing.count === 0 && unexpected.count === 0,
    expected,
    ...counts,
    dead: dead.size,
    seen: distinct + unexpected.count,
    missing: missing.listed,
    unexpected: unexpected.listed,
    ahead,
  };
}

class Listed {
  count = 0;
  readonly #ids: string[] = [];

  add(id: string): void {
    this.count += 1;
    if (this.#ids.length < named) this.#ids.push(id);
  }

  get listed(): Discrepancy {
    return { count: this.count, ids: this.#ids };
  }
}

interface Places {
  placeOf(id: string): number | undefined;
  idOf(place: number): string;
}

async function placesOf(link: RedisLink, definition: RunDefinition, keys: Keys): Promise<Places> {
  if (definition.kind === "range")
    return {
      placeOf: (id) => {
        const number = /^\d{1,16}$/.test(id) ? Number(id) : -1;
        return number < definition.from || number > definition.to ? undefined : number - definition.from;
      },
      idOf: (place) => String(definition.from + place),
    };
  const ids: string[] = [];
  for await (const [chunk, text] of scanItems(link, keys))
    for (const [index, { id }] of itemsOf(definition, chunk, text).entries())
      ids[chunk * definition.chunkSize + index] = id;
  const places = new Map(ids.map((id, place) => [id, place]));
  return { placeOf: (id) => places.get(id), idOf: (place) => ids[place]! };
}

async function bitmap(link: RedisLink, key: string): Promise<Uint8Array> {
  const pages: Buffer[] = [];
  for (let at = 0; ; at += page) {
    const bytes = (await link.callBuffer("GETRANGE", [key, at, at + page - 1])) as Buffer;
    pages.push(bytes);
    if (bytes.length < page) return Buffer.concat(pages);
  }
}

/** Redis numbers the bits of a byte from the highest. */
function isSet(bits: Uint8Array, at: number): boolean {
  return ((bits[Math.floor(at / 8)] ?? 0) & (128 >> (at % 8))) !== 0;
}
