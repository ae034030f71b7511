import { homedir } from "node:os";
import { join } from "node:path";

import { findContainerEngine, inspectImage } from "./container-engine.ts";
import { onPath } from "./on-path.ts";
import { inspectBinary } from "./redis-binary.ts";
import type { RedisBinary } from "./redis-binary.ts";
import { unpackRedis, unpackedRedis } from "./unpack-redis.ts";

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
  /** The container image that `path` is in, where it is in one. */
  readonly image?: string;
}

/** There is no Redis on this machine and none could be had; the message lists what was tried and what to do. */
export class RedisNotFoundError extends Error {
  override readonly name = "RedisNotFoundError";
}

const image = "redis:8-alpine";
let found: Promise<FoundRedis> | undefined;

/**
 * Finds a Redis server to start, in this order:
 *
 * 1. `FLEET_REDIS_SERVER` (a path), or `FLEET_REDIS_IMAGE` (a container image): a wrong one is an error, never skipped;
 * 2. `redis-server`, then `valkey-server` on PATH;
 * 3. one that was unpacked before, in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache`, `fleet/redis`);
 * 4. on Debian and Ubuntu the distribution's package, unpacked into that folder: no root, nothing installed;
 * 5. on Linux a container engine that answers.
 *
 * Looked for once per process. Throws RedisNotFoundError, or an error about what is named or what was found on PATH and
 * is older than 6.2.
 */
export function findRedis(options: FindRedisOptions = {}): Promise<FoundRedis> {
  const { say = () => {}, env } = options;
  if (env !== undefined) return search(env, say);
  found ??= search(process.env, say);
  return found;
}

async function search(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<FoundRedis> {
  const named = await namedRedis(env);
  if (named !== undefined) return named;
  for (const name of ["redis-server", "valkey-server"]) {
    const path = await onPath(name, env);
    if (path !== undefined) return { ...(await inspectBinary(path)), how: "found on PATH" };
  }
  const cache = env["XDG_CACHE_HOME"] || join(env["HOME"] ?? homedir(), ".cache");
  const tried = ["redis-server and valkey-server are not on PATH"];
  const attempt = async (find: () => Promise<FoundRedis>): Promise<FoundRedis | undefined> => {
    try {
      return await find();
    } catch (error) {
      tried.push((error as Error).message);
      return undefined;
    }
  };
  const redis =
    (await attempt(async () => ({ ...(await unpackedRedis(cache)), how: "unpacked before" }))) ??
    (await attempt(async () => ({ ...(await unpackRedis(cache, env, say)), how: "unpacked just now" }))) ??
    (await attempt(async () => {
      const engine = await findContainerEngine(env);
      say(`no redis-server here: ${image} is fetched for ${engine}`);
      return { ...(await inspectImage(image)), image, how: `in a container of ${engine}` };
    }));
  if (redis !== undefined) return redis;
  throw new RedisNotFoundError(
    `no Redis to start:\n${tried.map((line) => `- ${line}`).join("\n")}\n${await remedy(env)}`,
  );
}

async function namedRedis(env: NodeJS.ProcessEnv): Promise<FoundRedis | undefined> {
  const variables = [
    ["FLEET_REDIS_SERVER", inspectBinary],
    ["FLEET_REDIS_IMAGE", async (name: string) => ({ ...(await inspectImage(name)), image: name })],
  ] as const;
  for (const [variable, inspect] of variables) {
    const value = env[variable];
    if (value === undefined || value === "") continue;
    try {
      return { ...(await inspect(value)), how: `named by ${variable}` };
    } catch (cause) {
      throw new Error(`${variable}: ${(cause as Error).message}`, { cause });
    }
  }
  return undefined;
}

/** The one command that helps on this system. */
async function remedy(env: NodeJS.ProcessEnv): Promise<string> {
  if (process.platform === "win32")
    return "Redis does not run on Windows itself: wsl --install, then the same inside WSL";
  const commands = [
    ["apt-get", "sudo apt-get install redis-server"],
    ["brew", "brew install redis"],
    ["apk", "apk add redis"],
    ["dnf", "sudo dnf install redis"],
    ["pacman", "sudo pacman -S valkey"],
  ] as const;
  for (const [tool, command] of commands)
    if ((await onPath(tool, env)) !== undefined) return `This helps: ${command}`;
  return "Install Redis 6.2 or newer, or name one with FLEET_REDIS_SERVER";
}
