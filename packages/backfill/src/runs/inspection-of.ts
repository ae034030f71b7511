import type { Left } from "../protocol/item.ts";
import { readLetter } from "./dead-letters.ts";
import type { Inspection } from "./inspection.ts";
import type { Location } from "./locate.ts";

/** What the script `inspect` tells; `false` is Lua's nil. */
export interface Findings {
  readonly now: number;
  readonly isFresh: boolean;
  readonly isDone: boolean;
  readonly isEmpty: boolean;
  readonly letter: string | false;
  readonly left: string | false;
  readonly revived: string | false;
  readonly holder: string | false;
  readonly expires: string | false;
  readonly due: string | false;
}

export function inspectionOf({ chunk, index }: Location, found: Findings): Inspection {
  if (found.letter !== false) return { state: "dead", letter: readLetter(found.letter) };
  if (found.isEmpty) return { state: "empty" };
  if (found.isDone) return { state: "done" };
  if (found.isFresh) return { state: "pending" };
  const left = (found.left === false ? {} : JSON.parse(found.left)) as Left;
  const own = left.i?.find(([place]) => place === index);
  if (left.i !== undefined && own === undefined) {
    const isRevived =
      found.revived !== false &&
      (JSON.parse(found.revived) as NonNullable<Left["i"]>).some(([place]) => place === index);
    return { state: isRevived ? "pending" : "done" };
  }
  if (found.holder !== false)
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
    crashes: Math.max(left.c ?? 0, own?.[2] ?? 0),
    dueInMs: Math.max(0, Number(found.due) - found.now),
  };
}
