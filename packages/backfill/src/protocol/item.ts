import type { RunDefinition } from "./definition.ts";

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

/**
 * An item that is not through, in what is left of a chunk. There is one for each id of a chunk in trouble, so it has places
 * instead of names; `parts/run.lua` has the same table. `item` is there where it is not stored elsewhere.
 */
export type ItemRow = readonly [
  index: number,
  attempts: number,
  crashes: number,
  item?: Item | null,
  pardons?: number,
];

/** What is left of a chunk, as it stands in `rest`. */
export interface Remainder {
  /** Times that its holder died. */
  readonly crashes?: number;
  /** Items that are not through. Absent: all. */
  readonly items?: readonly ItemRow[];
  /** The item that is at work alone. */
  readonly alone?: { readonly index: number; readonly item: Item };
}

/** All items of a chunk. @param stored its text in `items`, where the source is not a range. */
export function itemsOf(
  definition: RunDefinition,
  chunk: number,
  stored: string | undefined,
): readonly Item[] {
  if (definition.kind === "range") {
    const first = definition.from + chunk * definition.chunkSize;
    const length = Math.min(definition.chunkSize, definition.to - first + 1);
    return Array.from({ length }, (_, index) => ({ id: String(first + index) }));
  }
  const entries = JSON.parse(stored ?? "[]") as readonly (string | readonly [string, readonly string[]])[];
  return entries.map((entry) =>
    typeof entry === "string" ? { id: entry } : { id: entry[0], fields: fieldsOf(entry[1]) },
  );
}

/** What is to be done of a chunk. */
export function tasksOf(
  definition: RunDefinition,
  chunk: number,
  stored: string | undefined,
  remainder: Remainder,
): readonly Task[] {
  const items = itemsOf(definition, chunk, stored);
  if (remainder.items === undefined)
    return items.map((item, index) => ({ ...item, index, attempts: 0, crashes: 0, pardons: 0 }));
  return remainder.items.map(([index, attempts, crashes, inline, pardons = 0]) => ({
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
export function remainderOf(crashes: number, tasks: readonly Task[], alone?: Task): Remainder {
  return {
    ...(crashes > 0 && { crashes }),
    items: tasks.map(rowOf),
    ...(alone !== undefined && { alone: { index: alone.index, item: itemOf(alone) } }),
  };
}

function rowOf({ index, attempts, crashes, pardons, isInline, ...item }: Task): ItemRow {
  const inline = isInline === true ? itemOf(item) : null;
  if (pardons > 0) return [index, attempts, crashes, inline, pardons];
  return inline === null ? [index, attempts, crashes] : [index, attempts, crashes, inline];
}

function fieldsOf(flat: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at]!] = flat[at + 1]!;
  return fields;
}
