import type { ItemRow, Remainder } from "../protocol/item.ts";
import { readLetter } from "./dead-letters.ts";
import type { Inspection } from "./inspection.ts";
import type { Location } from "./locate.ts";

/** What the script `inspect` answers. */
export interface Findings {
  readonly now: number;
  readonly isFresh: boolean;
  readonly isDone: boolean;
  readonly isEmpty: boolean;
  readonly letter?: string;
  readonly remainder?: string;
  readonly revived?: string;
  readonly holder?: string;
  readonly expires?: string;
  readonly due?: string;
}

export function inspectionOf({ chunk, index }: Location, found: Findings): Inspection {
  if (found.letter !== undefined) return { state: "dead", letter: readLetter(found.letter) };
  if (found.isEmpty) return { state: "empty" };
  if (found.isDone) return { state: "done" };
  if (found.isFresh) return { state: "pending" };
  const { crashes = 0, items } = JSON.parse(found.remainder ?? "{}") as Remainder;
  const own = items?.find(([place]) => place === index);
  if (items !== undefined && own === undefined) {
    const revived = JSON.parse(found.revived ?? "[]") as readonly ItemRow[];
    return { state: revived.some(([place]) => place === index) ? "pending" : "done" };
  }
  if (found.holder !== undefined)
    return {
      state: "leased",
      chunk,
      token: Number(found.holder.split(" ")[0]),
      leaseLeftMs: Number(found.expires) - found.now,
    };
  return {
    state: "waiting",
    chunk,
    attempts: own?.[1] ?? 0,
    crashes: Math.max(crashes, own?.[2] ?? 0),
    dueInMs: Math.max(0, Number(found.due) - found.now),
  };
}
