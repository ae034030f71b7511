import { Backfill, type Source } from "@fleet/backfill";

import type { Config } from "../config/config-schema.ts";
import { connectionsTo } from "./redis.ts";

/** Opens the run that the configuration names. @param source creates it where there is none. */
export async function openRun(config: Config, source?: Source): Promise<Backfill> {
  const { name, prefix, allowEviction, chunkSize, redisTimeoutMs } = config;
  return Backfill.open({
    connect: await connectionsTo(config),
    name,
    prefix,
    allowEviction,
    commandTimeoutMs: redisTimeoutMs,
    ...(source !== undefined && { source }),
    ...(chunkSize !== undefined && { chunkSize }),
  });
}
