import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

import { inspectBinary } from "./redis-binary.ts";
import type { RedisBinary } from "./redis-binary.ts";

export interface FindRedisOptions {
  /** Told, in one line, before something is fetched. @default nothing is said */
  readonly say?: (line: string) => void;
  /** The environment to look in. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/** A Redis that can be started, and where it came from. */
export interface FoundRedis extends RedisBinary {
  /** As in `found on PATH`. */
  readonly how: string;
}

let found: Promise<FoundRedis> | undefined;

/**
 * Finds a Redis server to start. In this order: `FLEET_REDIS_SERVER` (a path; a wrong one is an error, never skipped),
 * `redis-server`, then `valkey-server` on PATH. Looked for once per process.
 */
export function findRedis(options: FindRedisOptions = {}): Promise<FoundRedis> {
  if (options.env !== undefined) return search(options, options.env);
  found ??= search(options, process.env);
  return found;
}

async function search(_options: FindRedisOptions, env: NodeJS.ProcessEnv): Promise<FoundRedis> {
  const named = env["FLEET_REDIS_SERVER"];
  if (named !== undefined && named !== "") {
    try {
      return { ...(await inspectBinary(named)), how: "named by FLEET_REDIS_SERVER" };
    } catch (cause) {
      throw new Error(`FLEET_REDIS_SERVER: ${(cause as Error).message}`, { cause });
    }
  }
  for (const name of ["redis-server", "valkey-server"]) {
    const path = await onPath(name, env);
    if (path !== undefined) return { ...(await inspectBinary(path)), how: "found on PATH" };
  }
  throw new Error("no redis-server and no valkey-server on PATH");
}

async function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name);
    if (await access(path, constants.X_OK).then(() => true, () => false)) return path;
  }
  return undefined;
}
