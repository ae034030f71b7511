import { createHash } from "node:crypto";

import { checkOption, complete, count, printed, text } from "@fleet/options";

import { InvalidOptionError } from "../errors.ts";
import type { ListSource, Source, StreamSource } from "../source.ts";
import { checkSource, sourceRules } from "./source-rules.ts";

/** What a run is about, as it stands in Redis: two runs with the same definition are the same run. */
export type RunDefinition = { readonly chunkSize: number } & (
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  | { readonly kind: "ids"; readonly count: number; readonly digest: string }
  | { readonly kind: "stream"; readonly key: string; readonly group: string; readonly adoptAfterMs: number }
  | { readonly kind: "list"; readonly key: string; readonly side: "left" | "right" }
);

/** One bit per id is kept for those that had nothing to write, and a bitmap ends at 2^32 bits. */
const most = 2 ** 32;

/** @throws InvalidOptionError. */
export function defineRun(source: Source, chunkSize: number): RunDefinition {
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
      const { kind, group, adoptAfterMs } = complete<StreamSource, "start">(source, sourceRules.stream);
      return {
        kind,
        key: checkKey(source.key),
        group,
        adoptAfterMs,
        chunkSize,
      };
    }
    case "list": {
      const { side } = complete<ListSource>(source, sourceRules.list);
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
export function countOf(definition: RunDefinition): number | undefined {
  if (definition.kind === "range") return definition.to - definition.from + 1;
  return definition.kind === "ids" ? definition.count : undefined;
}

export function totalOf(definition: RunDefinition): number | undefined {
  const count = countOf(definition);
  return count === undefined ? undefined : Math.ceil(count / definition.chunkSize);
}

/** In words, for an error: what differs between the run that was found and the one that was asked for. */
export function differenceOf(found: RunDefinition, asked: RunDefinition): string | undefined {
  if (JSON.stringify(found) === JSON.stringify(asked)) return undefined;
  return `it is ${wordsOf(found)}, asked for was ${wordsOf(asked)}`;
}

function wordsOf(definition: RunDefinition): string {
  const size = `in chunks of ${definition.chunkSize}`;
  switch (definition.kind) {
    case "range":
      return `the range ${definition.from}..${definition.to} ${size}`;
    case "ids":
      return `a list of ${definition.count} ids (digest ${definition.digest.slice(0, 8)}) ${size}`;
    case "stream":
      return `the stream ${definition.key}, group ${definition.group}, adopting after ${definition.adoptAfterMs} ms, ${size}`;
    default:
      return `the list ${definition.key}, from the ${definition.side}, ${size}`;
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

/** The run's keys must lie in the slot of this key: they have the part that decides about it, in braces. */
function checkKey(key: string): string {
  if (/[{}]/.test(key) && !/^[^{}]*\{[^{}]+\}/.test(key))
    throw new InvalidOptionError("key", "a key without braces, or with a hash tag", printed(key));
  return key;
}
