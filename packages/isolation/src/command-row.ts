import type { Access, Lane } from "./command.ts";
import type { RefusalReason } from "./errors.ts";
import type { Emulation } from "./keyspace/program.ts";

/**
 * Where a command's keys stand; index 0 is the command's name.
 *
 * `range`: from `first` to `last` (negative: counted from the end) by `step`; `counted`: behind a number of keys at index `count`, by
 * `step`, with one more key at `destination` where the command stores, and with none where `zero` is a number too; `streams`: behind
 * STREAMS; `copy` and `sort`: two positions, options checked; `geo`: the first, and behind each STORE and STOREDIST from `options` on.
 */
export type KeyPositions =
  | { readonly kind: "range"; readonly first: number; readonly last: number; readonly step: number }
  | {
      readonly kind: "counted";
      readonly count: number;
      readonly destination?: number;
      readonly step?: number;
      readonly zero?: boolean;
    }
  | { readonly kind: "streams"; readonly group: boolean }
  | { readonly kind: "copy" }
  | { readonly kind: "sort"; readonly store: boolean }
  | { readonly kind: "geo"; readonly options: number };

/**
 * Where a reply carries names of keys: in its first element, in the first element of each of its elements, or where TS.INFO has them.
 */
export type KeyNames = "first" | "each-first" | "series-info";

/** What a project gets only where its namespace says so: what the server has to check too. */
export type Grant = "scripts" | "transfer";

/** An allowed command. `arity` as Redis counts it: with the name (and subcommand); negative means "at least". */
export type CommandRow = CommonRow & (ScopedRow | EmulatedRow | DedicatedRow);

interface CommonRow {
  /** Upper case; a subcommand behind its container and one space. */
  readonly name: string;
  readonly arity: number;
  readonly access: Access;
  /** @default "shared" */
  readonly lane?: Lane;
}

interface ScopedRow {
  /** Of keys, or of channels: they get the same prefix. */
  readonly keys: KeyPositions;
  readonly names?: KeyNames;
  /** Whether `keys` are channels. @default false */
  readonly channels?: boolean;
  /**
   * Whether the server's own users must not have it: the server looks for its keys in fewer places than it takes them from, so what is
   * safe with each of them prefixed is not in a script. @default false
   */
  readonly privileged?: boolean;
  /** Of a project: only where its namespace grants it. @default none */
  readonly needs?: Grant;
}

/** In a project a program does what the command does on the whole key space; the owner of an instance sends the command itself. */
interface EmulatedRow {
  readonly emulated: Emulation;
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
export const everyThirdKey: KeyPositions = range(1, -1, 3);
export const allButLast: KeyPositions = range(1, -2);
export const countedBehindScript: KeyPositions = { kind: "counted", count: 2, zero: true };
export const destinationAndCountedKeys: KeyPositions = { kind: "counted", count: 2, destination: 1 };
