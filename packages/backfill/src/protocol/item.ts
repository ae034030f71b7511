import type { Facts } from "./facts.ts";

/** One unit of work: an id, or an entry of a stream or a list. */
export interface Item {
  readonly id: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** An item in a worker's hands. */
export interface Task extends Item {
  /** Its place in the chunk, from 0. */
  readonly index: number;
  /** Tries so far that count. */
  readonly attempts: number;
  /** Processes that died while it was at work alone. */
  readonly crashes: number;
  /** Tries so far that do not count: the hub or the sink was away. */
  readonly pardons: number;
  /** Set where the chunk's stored items do not have it any more. */
  readonly isInline?: true;
}

/** What is left of a chunk, as it stands in `rest`. */
export interface Left {
  /** Times that its holder died. */
  readonly c?: number;
  /** Items that are not through: index, attempts, crashes, the item where it is not stored elsewhere, pardons. Absent: all. */
  readonly i?: readonly (readonly [number, number, number, (Item | null)?, number?])[];
  /** The item that is at work alone. */
  readonly m?: readonly [number, Item];
}

/** All items of a chunk. @param stored its text in `items`, where the source is not a range. */
export function itemsOf(facts: Facts, chunk: number, stored: string | undefined): readonly Item[] {
  if (facts.kind === "range") {
    const first = facts.from + chunk * facts.chunkSize;
    const length = Math.min(facts.chunkSize, facts.to - first + 1);
    return Array.from({ length }, (_, index) => ({ id: String(first + index) }));
  }
  const entries = JSON.parse(stored ?? "[]") as readonly (string | readonly [string, readonly string[]])[];
  return entries.map((entry) =>
    typeof entry === "string" ? { id: entry } : { id: entry[0], fields: fieldsOf(entry[1]) },
  );
}

/** What is to be done of a chunk. */
export function tasksOf(
  facts: Facts,
  chunk: number,
  stored: string | undefined,
  left: Left,
): readonly Task[] {
  const items = itemsOf(facts, chunk, stored);
  if (left.i === undefined)
    return items.map((item, index) => ({ ...item, index, attempts: 0, crashes: 0, pardons: 0 }));
  return left.i.map(([index, attempts, crashes, inline, pardons = 0]) => ({
    ...(inline ?? items[index]!),
    index,
    attempts,
    crashes,
    pardons,
    ...(inline !== undefined && inline !== null && { isInline: true as const }),
  }));
}

/** The item without what only the engine knows of it. */
export function itemOf({ id, fields }: Item): Item {
  return fields === undefined ? { id } : { id, fields };
}

/** What is left of a chunk when these tasks of it are. */
export function leftOf(crashes: number, tasks: readonly Task[], alone?: Task): Left {
  return {
    ...(crashes > 0 && { c: crashes }),
    i: tasks.map(({ index, attempts, crashes, pardons, isInline, ...item }) => {
      const inline = isInline === true ? itemOf(item) : null;
      if (pardons > 0) return [index, attempts, crashes, inline, pardons] as const;
      return inline === null
        ? ([index, attempts, crashes] as const)
        : ([index, attempts, crashes, inline] as const);
    }),
    ...(alone !== undefined && { m: [alone.index, itemOf(alone)] as const }),
  };
}

function fieldsOf(flat: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at]!] = flat[at + 1]!;
  return fields;
}
