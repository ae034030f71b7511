import type { Access, Lane } from "./command.ts";
import type { RefusalReason } from "./errors.ts";

/**
 * Where a command's keys stand; index 0 is the command's name.
 *
 * `range`: from `first` to `last` (negative: counted from the end) by `step`; `counted`: behind a number of keys at index `count`,
 * with one more key at `destination` where the command stores; `streams`: behind STREAMS; `copy` and `sort`: two positions, options checked.
 */
export type KeyPositions =
  | { readonly kind: "range"; readonly first: number; readonly last: number; readonly step: number }
  | { readonly kind: "counted"; readonly count: number; readonly destination?: number }
  | { readonly kind: "streams"; readonly group: boolean }
  | { readonly kind: "copy" }
  | { readonly kind: "sort"; readonly store: boolean };

/** Where a reply carries key names: in its first element, or in the first element of each of its elements. */
export type KeyNames = "first" | "each-first";

/** An allowed command. `arity` as Redis counts it: with the name (and subcommand); negative means "at least". */
export type CommandRow = CommonRow & (ScopedRow | DedicatedRow);

interface CommonRow {
  /** Upper case; a subcommand behind its container and one space. */
  readonly name: string;
  readonly arity: number;
  readonly access: Access;
  /** @default "shared" */
  readonly lane?: Lane;
}

interface ScopedRow {
  readonly keys: KeyPositions;
  readonly names?: KeyNames;
}

interface DedicatedRow {
  /** Allowed only to the owner of the whole instance: why to no other caller. */
  readonly dedicated: Exclude<RefusalReason, "unknown">;
}

const range = (first: number, last: number, step = 1): KeyPositions => ({ kind: "range", first, last, step });

export const noKeys: KeyPositions = range(1, 0);
export const firstKey: KeyPositions = range(1, 1);
export const secondKey: KeyPositions = range(2, 2);
export const firstTwoKeys: KeyPositions = range(1, 2);
export const allKeys: KeyPositions = range(1, -1);
export const allFromSecond: KeyPositions = range(2, -1);
export const everyOtherKey: KeyPositions = range(1, -1, 2);
export const countedKeys: KeyPositions = { kind: "counted", count: 1 };
export const destinationAndCountedKeys: KeyPositions = { kind: "counted", count: 2, destination: 1 };
