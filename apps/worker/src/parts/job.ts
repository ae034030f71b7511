import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import type { Fetch, Sink } from "@fleet/backfill";

import { JobError } from "../errors.ts";

/** What a module of the user's may export. */
export interface Job {
  readonly fetch?: Fetch<unknown>;
  readonly write?: Sink<unknown>["write"];
  /** The ids that `write` has stored, for `verify`. */
  readonly ids?: () => Iterable<string> | AsyncIterable<string>;
  /** Called once, when nothing is fetched or written any more. */
  readonly close?: () => void | Promise<void>;
}

const known = ["fetch", "write", "ids", "close"] as const;

/** @throws JobError. */
export async function loadJob(path: string): Promise<Job> {
  const file = resolve(path);
  await access(file).catch(() => {
    throw new JobError(`job: there is no file ${file}`);
  });
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new JobError(
      `job: ${file} cannot be imported: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
  for (const name of known)
    if (exported[name] !== undefined && typeof exported[name] !== "function")
      throw new JobError(`job: ${name} must be a function, got ${typeof exported[name]} (${file})`);
  if (exported["fetch"] === undefined && exported["write"] === undefined)
    throw new JobError(`job: ${file} exports neither fetch nor write`);
  return exported;
}
