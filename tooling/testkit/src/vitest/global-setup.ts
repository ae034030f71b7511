import { findRedis, RedisNotFoundError } from "../find/find-redis.ts";
import { unavailableVariable } from "../redis-available.ts";

/** Finds a Redis once for a whole test run and hands it to the workers, so that they need not look for it each. */
export async function setup(): Promise<void> {
  const say = (line: string): void => console.log(line);
  try {
    const { path, version, flavour, how, image } = await findRedis({ say });
    if (image === undefined) process.env["FLEET_REDIS_SERVER"] = path;
    else process.env["FLEET_REDIS_IMAGE"] = image;
    say(`${flavour}-server ${version} at ${image ?? path} (${how})`);
  } catch (error) {
    // A Redis that was named, or is there and too old, is a mistake to mend; one that is not there is not.
    if (!(error instanceof RedisNotFoundError)) throw error;
    process.env[unavailableVariable] = error.message
      .replace("\n- ", " ")
      .replaceAll("\n- ", "; ")
      .replaceAll("\n", ". ");
  }
}
