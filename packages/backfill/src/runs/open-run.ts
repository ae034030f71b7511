import { randomUUID } from "node:crypto";

import { EpochError, ProtocolMismatchError, RunMismatchError, RunNotFoundError } from "../errors.ts";
import { defineRun, differenceOf, type RunDefinition, totalOf } from "../protocol/definition.ts";
import { keysOf, pointerOf } from "../protocol/keys.ts";
import { create, load } from "../protocol/lua/scripts.ts";
import { readAnswer } from "../protocol/read-answer.ts";
import { firstProtocol, protocol } from "../protocol/version.ts";
import type { RedisLink } from "../redis/link.ts";
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
 * @throws InvalidOptionError, RunNotFoundError, RunMismatchError, ProtocolMismatchError, EpochError, RedisError.
 */
export async function openRun(link: RedisLink, settings: Settings): Promise<Run> {
  const { name, source, chunkSize } = settings;
  const found = await find(link, settings);
  if (found !== undefined) {
    const definition =
      source === undefined
        ? { ...found.definition, chunkSize: chunkSize ?? found.definition.chunkSize }
        : defineRun(source, chunkSize ?? found.definition.chunkSize);
    const difference = differenceOf(found.definition, definition);
    if (difference !== undefined) throw new RunMismatchError(name, difference);
    if (found.state === "loading" && source !== undefined) await fill(link, found, source);
    return found;
  }
  if (source === undefined) throw new RunNotFoundError(name);
  return begin(link, settings, defineRun(source, chunkSize ?? defaultChunkSize), source);
}

interface FoundRun extends Run {
  readonly state: string;
}

/** Fields of `meta` that a run is opened with, as they are asked for. */
const described = ["protocol", "epoch", "definition", "state"] as const;
type Description = readonly (string | null)[];

async function find(link: RedisLink, settings: Settings): Promise<FoundRun | undefined> {
  const { name, prefix } = settings;
  const pointer = (await link.call("GET", [pointerOf(prefix, name)])) as string | null;
  if (pointer === null) return undefined;
  const { meta } = keysOf(prefix, name, JSON.parse(pointer) as RunDefinition);
  const description = (await link.call("HMGET", [meta, ...described])) as Description;
  return description.every((field) => field === null) ? undefined : foundRun(settings, description);
}

/** @throws ProtocolMismatchError for a run of another protocol, EpochError where part of the description is missing. */
function foundRun(settings: Settings, description: Description): FoundRun {
  const [found = null, epoch = null, definition = null, state = null] = description;
  const spoken = String(protocol);
  if (found !== spoken)
    throw new ProtocolMismatchError(settings.name, found ?? String(firstProtocol), spoken);
  if (epoch === null || definition === null || state === null)
    throw new EpochError(settings.name, "part of its description is missing: data was lost");
  return { ...runOf(settings, epoch, JSON.parse(definition) as RunDefinition), state };
}

async function begin(
  link: RedisLink,
  settings: Settings,
  definition: RunDefinition,
  source: Source,
): Promise<Run> {
  const { name, prefix } = settings;
  if (source.kind === "stream") await makeGroup(link, source.key, source.group, source.start ?? "0");
  // The pointer decides between two callers that create at the same time; a pointer whose run was lost serves the next run.
  const pointer = JSON.stringify(
    "key" in definition ? { kind: definition.kind, key: definition.key } : { kind: definition.kind },
  );
  const isFirst = await link.call("SET", [pointerOf(prefix, name), pointer, "NX"]);
  if (isFirst === null && (await link.call("GET", [pointerOf(prefix, name)])) !== pointer)
    throw new RunMismatchError(name, "it reads from somewhere else, or was purged half; purge it first");
  const request = {
    protocol,
    epoch: randomUUID(),
    definition: JSON.stringify(definition),
    total: totalOf(definition),
    state: definition.kind === "ids" ? "loading" : "running",
  };
  const { meta } = keysOf(prefix, name, definition);
  const found = foundRun(
    settings,
    (await link.run(create, [meta], [JSON.stringify(request)])) as Description,
  );
  const difference = differenceOf(found.definition, definition);
  if (difference !== undefined) throw new RunMismatchError(name, difference);
  if (found.state === "loading") await fill(link, found, source);
  return found;
}

/** Stores the ids of a list. After an interruption it begins at the start: the same ids go to the same places. */
async function fill(link: RedisLink, run: Run, source: Source): Promise<void> {
  if (source.kind !== "ids") return;
  const { chunkSize } = run.definition;
  const total = totalOf(run.definition)!;
  for (let first = 0; first < total; first += loadedAtOnce) {
    const length = Math.min(loadedAtOnce, total - first);
    const chunks = Array.from({ length }, (_, index) => {
      const at = (first + index) * chunkSize;
      return JSON.stringify(source.ids.slice(at, at + chunkSize));
    });
    const request = { epoch: run.epoch, first, isLast: first + length === total };
    readAnswer(run.name, await link.run(load, run.keys.all, [JSON.stringify(request), ...chunks]));
  }
}

function runOf(settings: Settings, epoch: string, definition: RunDefinition): Run {
  const { name, prefix, connect, commandTimeoutMs, clock, random } = settings;
  const keys = keysOf(prefix, name, definition);
  return { name, epoch, definition, keys, connect, commandTimeoutMs, clock, random };
}

async function makeGroup(link: RedisLink, key: string, group: string, start: string): Promise<void> {
  try {
    await link.call("XGROUP", ["CREATE", key, group, start, "MKSTREAM"]);
  } catch (error) {
    if (codeOf(error) !== "BUSYGROUP") throw error;
  }
}
