import { homedir } from "node:os";
import { join } from "node:path";

import { findContainerEngine, inspectImage } from "./container-engine.ts";
import { everyOnPath, onPath } from "./on-path.ts";
import { inspectBinary, oldestVersion } from "./redis-binary.ts";
import type { RedisBinary } from "./redis-binary.ts";
import { OldDistributionError, unpackRedis, unpackedRedis } from "./unpack-redis.ts";

export interface FindRedisOptions {
  /** Called with one line before something is fetched. @default nothing is said */
  readonly say?: (line: string) => void;
  /** The environment to look in. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** The oldest version that will do, as `major.minor`. @default "6.2" */
  readonly oldest?: string;
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
 * 2. `redis-server`, then `valkey-server` in any folder of PATH;
 * 3. one that was unpacked before, in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache`, `fleet/redis`);
 * 4. on Debian and Ubuntu the distribution's package, unpacked into that folder: no root, nothing installed;
 * 5. on Linux a container engine that answers.
 *
 * What is found from 2 on and is too old, or does not run, is passed over; `say` is given the reason. Looked for once per
 * process, for what the first call asks. Throws RedisNotFoundError, or an error about what is named.
 */
export function findRedis(options: FindRedisOptions = {}): Promise<FoundRedis> {
  const { say = () => {}, env, oldest = oldestVersion } = options;
  if (env !== undefined) return search(env, oldest, say);
  found ??= search(process.env, oldest, say);
  return found;
}

async function search(
  env: NodeJS.ProcessEnv,
  oldest: string,
  say: (line: string) => void,
): Promise<FoundRedis> {
  const named = await namedRedis(env, oldest);
  if (named !== undefined) return named;
  const tried: Error[] = [];
  const attempt = async (find: () => Promise<FoundRedis>): Promise<FoundRedis | undefined> => {
    try {
      return await find();
    } catch (error) {
      tried.push(error as Error);
      return undefined;
    }
  };
  for (const name of ["redis-server", "valkey-server"])
    for (const path of await everyOnPath(name, env)) {
      const onPath = await attempt(async () => ({
        ...(await inspectBinary(path, oldest)),
        how: "found on PATH",
      }));
      if (onPath !== undefined) return onPath;
      say(`passed over: ${tried.at(-1)!.message}`);
    }
  if (tried.length === 0) tried.push(new Error("redis-server and valkey-server are not on PATH"));
  const cache = env["XDG_CACHE_HOME"] || join(env["HOME"] ?? homedir(), ".cache");
  const redis =
    (await attempt(async () => ({ ...(await unpackedRedis(cache, oldest)), how: "unpacked before" }))) ??
    (await attempt(async () => ({
      ...(await unpackRedis(cache, env, oldest, say)),
      how: "unpacked just now",
    }))) ??
    (await attempt(async () => {
      const engine = await findContainerEngine(env);
      say(`no redis-server here: ${image} is fetched for ${engine}`);
      return { ...(await inspectImage(image, oldest)), image, how: `in a container of ${engine}` };
    }));
  if (redis !== undefined) return redis;
  const isOld = tried.some((error) => error instanceof OldDistributionError);
  throw new RedisNotFoundError(
    `no Redis to start:\n${tried.map(({ message }) => `- ${message}`).join("\n")}\n${await remedy(env, oldest, isOld)}`,
  );
}

async function namedRedis(env: NodeJS.ProcessEnv, oldest: string): Promise<FoundRedis | undefined> {
  const variables = [
    ["FLEET_REDIS_SERVER", (path: string) => inspectBinary(path, oldest)],
    ["FLEET_REDIS_IMAGE", async (name: string) => ({ ...(await inspectImage(name, oldest)), image: name })],
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

/** The one command that helps on this system, or where a newer one comes from. */
async function remedy(env: NodeJS.ProcessEnv, oldest: string, isDistributionOld: boolean): Promise<string> {
  if (process.platform === "win32")
    return "Redis does not run on Windows itself: wsl --install, then the same inside WSL";
  const elsewhere = `Install Redis ${oldest} or newer, or Valkey, or name one with FLEET_REDIS_SERVER`;
  if (isDistributionOld)
    return `${elsewhere}; packages for this release of the distribution are at https://redis.io/docs/latest/operate/oss_and_stack/install/`;
  const commands = [
    ["apt-get", "sudo apt-get install redis-server"],
    ["brew", "brew install redis"],
    ["apk", "apk add redis"],
    // Fedora 41 and newer have Valkey only.
    ["dnf", "sudo dnf install redis || sudo dnf install valkey"],
    ["pacman", "sudo pacman -S valkey"],
    ["nix-shell", "nix-shell -p redis, then the same in its shell"],
  ] as const;
  for (const [tool, command] of commands)
    if ((await onPath(tool, env)) !== undefined) return `This helps: ${command}`;
  return elsewhere;
}
