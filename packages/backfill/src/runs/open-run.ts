import { randomUUID } from "node:crypto";

import { RunMismatchError, RunNotFoundError } from "../errors.ts";
import { differenceOf, type Facts, factsOf, totalOf } from "../protocol/facts.ts";
import { keysOf, pointerOf } from "../protocol/keys.ts";
import { readAnswer } from "../protocol/lost.ts";
import { create } from "../protocol/scripts/create.ts";
import { load } from "../protocol/scripts/load.ts";
import type { Link } from "../redis/link.ts";
import { codeOf } from "../redis/redis-fault.ts";
import type { Run } from "../run.ts";
import type { Source } from "../source.ts";
import type { settingsOf } from "./backfill-options.ts";

type Settings = ReturnType<typeof settingsOf>;

const defaultChunkSize = 50;
/** Chunks of a list of ids that are stored in one command. */
const loadedAtOnce = 200;

/**
 * Finds the run, or creates it.
 *
 * @throws InvalidOptionError, RunNotFoundError, RunMismatchError, RedisError.
 */
export async function openRun(link: Link, settings: Settings): Promise<Run> {
  const { name, source, chunkSize } = settings;
  const there = await find(link, settings);
  if (there !== undefined) {
    const facts =
      source === undefined
        ? { ...there.facts, chunkSize: chunkSize ?? there.facts.chunkSize }
        : factsOf(source, chunkSize ?? there.facts.chunkSize);
    const difference = differenceOf(there.facts, facts);
    if (difference !== undefined) throw new RunMismatchError(name, difference);
    if (there.state === "loading" && source !== undefined) await fill(link, there, source);
    return there;
  }
  if (source === undefined) throw new RunNotFoundError(name);
  return begin(link, settings, factsOf(source, chunkSize ?? defaultChunkSize), source);
}

interface There extends Run {
  readonly state: string;
}

async function find(link: Link, settings: Settings): Promise<There | undefined> {
  const pointer = (await link.call("GET", [pointerOf(settings.prefix, settings.name)])) as string | null;
  if (pointer === null) return undefined;
  const keys = keysOf(settings.prefix, settings.name, JSON.parse(pointer) as Facts);
  const [epoch, facts, state] = (await link.call("HMGET", [keys.meta, "epoch", "facts", "state"])) as (
    | string
    | null
  )[];
  if (epoch == null || facts == null || state == null) return undefined;
  return runOf(settings, epoch, JSON.parse(facts) as Facts, state);
}

async function begin(link: Link, settings: Settings, facts: Facts, source: Source): Promise<Run> {
  const { name, prefix } = settings;
  if (source.kind === "stream") await makeGroup(link, source.key, source.group, source.start ?? "0");
  // The pointer decides between two who create at the same time; one that lost its run serves the next.
  const pointer = JSON.stringify(
    "key" in facts ? { kind: facts.kind, key: facts.key } : { kind: facts.kind },
  );
  const isFirst = await link.call("SET", [pointerOf(prefix, name), pointer, "NX"]);
  if (isFirst === null && (await link.call("GET", [pointerOf(prefix, name)])) !== pointer)
    throw new RunMismatchError(name, "it reads from somewhere else, or was purged half; purge it first");
  const state = facts.kind === "ids" ? "loading" : "running";
  const args = [randomUUID(), JSON.stringify(facts), totalOf(facts) ?? "", state];
  const [epoch, known, now] = (await link.run(create, [keysOf(prefix, name, facts).meta], args)) as [
    string,
    string,
    string,
  ];
  const difference = differenceOf(JSON.parse(known) as Facts, facts);
  if (difference !== undefined) throw new RunMismatchError(name, difference);
  const run = runOf(settings, epoch, facts, now);
  if (now === "loading") await fill(link, run, source);
  return run;
}

/** Stores the ids of a list. Again from the start where somebody was interrupted: the same ids in the same places. */
async function fill(link: Link, run: Run, source: Source): Promise<void> {
  if (source.kind !== "ids") return;
  const { chunkSize } = run.facts;
  const total = totalOf(run.facts)!;
  for (let first = 0; first < total; first += loadedAtOnce) {
    const length = Math.min(loadedAtOnce, total - first);
    const chunks = Array.from({ length }, (_, index) => {
      const at = (first + index) * chunkSize;
      return JSON.stringify(source.ids.slice(at, at + chunkSize));
    });
    readAnswer(run.name, await link.run(load, run.keys.all, [run.epoch, first, ...chunks]));
  }
  readAnswer(run.name, await link.run(load, run.keys.all, [run.epoch, 0]));
}

function runOf(settings: Settings, epoch: string, facts: Facts, state: string): There {
  const { name, prefix, connect, commandTimeoutMs, clock, random } = settings;
  const keys = keysOf(prefix, name, facts);
  return { name, epoch, facts, keys, connect, commandTimeoutMs, clock, random, state };
}

async function makeGroup(link: Link, key: string, group: string, start: string): Promise<void> {
  try {
    await link.call("XGROUP", ["CREATE", key, group, start, "MKSTREAM"]);
  } catch (error) {
    if (codeOf(error) !== "BUSYGROUP") throw error;
  }
}
