import { Backfill, type Source } from "@fleet/backfill";

import type { Config } from "./config-schema.ts";
import { connectTo } from "./redis.ts";

/** Opens the run that the configuration names. @param source creates it where there is none. */
export function openRun(config: Config, source?: Source): Promise<Backfill> {
  const { name, prefix, allowEviction, chunkSize, redisTimeoutMs } = config;
  return Backfill.open({
    connect: connectTo(config),
    name,
    prefix,
    allowEviction,
    commandTimeoutMs: redisTimeoutMs,
    ...(source !== undefined && { source }),
    ...(chunkSize !== undefined && { chunkSize }),
  });
}
