import { createHash } from "node:crypto";

import { checkOption, count, printed, text } from "@fleet/options";

import { InvalidOptionError } from "../errors.ts";
import type { Source } from "../source.ts";
import { checkSource } from "./source-rules.ts";

/** What a run is about, as it stands in Redis: two runs with the same facts are the same run. */
export type Facts = { readonly chunkSize: number } & (
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  | { readonly kind: "ids"; readonly count: number; readonly digest: string }
  | { readonly kind: "stream"; readonly key: string; readonly group: string; readonly adoptAfterMs: number }
  | { readonly kind: "list"; readonly key: string; readonly side: "left" | "right" }
);

/** One bit per id is kept for those that had nothing to write, and a bitmap ends at 2^32 bits. */
const most = 2 ** 32;

/** @throws InvalidOptionError. */
export function factsOf(source: Source, chunkSize: number): Facts {
  checkSource(source);
  switch (source.kind) {
    case "range": {
      const end = Math.min(Number.MAX_SAFE_INTEGER, source.from + most - 1);
      checkOption("source.to", source.to, count(source.from, end), InvalidOptionError);
      return { kind: "range", from: source.from, to: source.to, chunkSize };
    }
    case "ids":
      return { kind: "ids", count: source.ids.length, digest: digestOf(source.ids), chunkSize };
    case "stream": {
      const { kind, group, adoptAfterMs = 60_000 } = source;
      return {
        kind,
        key: checkKey(source.key),
        group,
        adoptAfterMs,
        chunkSize,
      };
    }
    case "list": {
      const { side = "right" } = source;
      return { kind: "list", key: checkKey(source.key), side, chunkSize };
    }
    default:
      throw new InvalidOptionError(
        "source.kind",
        "range, ids, stream or list",
        printed((source as { kind?: unknown }).kind),
      );
  }
}

/** How many ids there are; undefined where more may come. */
export function countOf(facts: Facts): number | undefined {
  if (facts.kind === "range") return facts.to - facts.from + 1;
  return facts.kind === "ids" ? facts.count : undefined;
}

export function totalOf(facts: Facts): number | undefined {
  const count = countOf(facts);
  return count === undefined ? undefined : Math.ceil(count / facts.chunkSize);
}

/** In words, for an error: what of two runs differs. */
export function differenceOf(there: Facts, asked: Facts): string | undefined {
  if (JSON.stringify(there) === JSON.stringify(asked)) return undefined;
  return `it is ${wordsOf(there)}, asked for was ${wordsOf(asked)}`;
}

function wordsOf(facts: Facts): string {
  const size = `in chunks of ${facts.chunkSize}`;
  switch (facts.kind) {
    case "range":
      return `the range ${facts.from}..${facts.to} ${size}`;
    case "ids":
      return `a list of ${facts.count} ids (digest ${facts.digest.slice(0, 8)}) ${size}`;
    case "stream":
      return `the stream ${facts.key}, group ${facts.group}, adopting after ${facts.adoptAfterMs} ms, ${size}`;
    default:
      return `the list ${facts.key}, from the ${facts.side}, ${size}`;
  }
}

function digestOf(ids: readonly string[]): string {
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > most)
    throw new InvalidOptionError("ids", `a list of 1 to ${most} ids`, printed(ids));
  const hash = createHash("sha256");
  const seen = new Set<string>();
  for (const id of ids) {
    checkOption("ids", id, text, InvalidOptionError);
    if (seen.has(id)) throw new InvalidOptionError("ids", "without repetitions", printed(id));
    seen.add(id);
    hash.update(`${id.length}:${id},`);
  }
  return hash.digest("hex");
}

/** A key of the same slot must be nameable: the part that decides about it stands in the run's keys, in braces. */
function checkKey(key: string): string {
  if (/[{}]/.test(key) && !/^[^{}]*\{[^{}]+\}/.test(key))
    throw new InvalidOptionError("key", "a key without braces, or with a hash tag", printed(key));
  return key;
}
