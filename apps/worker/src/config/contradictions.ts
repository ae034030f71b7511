import type { Sources } from "@fleet/settings";

import type { Config } from "./config-schema.ts";

/** What is wrong although each value alone is right: a line each. */
export function contradictions(config: Config, sources: Sources): string[] {
  const faults: string[] = [];
  const origins = (["range", "ids", "idsFile", "stream", "list"] as const).filter(
    (name) => config[name] !== undefined,
  );
  if (origins.length > 1) {
    const told = origins.map((name) => `${name} (${sources.get(name)})`).join(" and ");
    faults.push(`${origins[0]}: there is one source of ids, and there are ${told}`);
  }
  const { retryMinDelayMs: least, retryMaxDelayMs: most, breaker } = config;
  if (least > most) faults.push(`retryMinDelayMs: ${least} is more than retryMaxDelayMs: ${most}`);
  if (breaker.openMs > breaker.maxOpenMs)
    faults.push(`breaker.openMs: ${breaker.openMs} is more than breaker.maxOpenMs: ${breaker.maxOpenMs}`);
  if (config.redisCluster && config.redisSentinels !== undefined)
    faults.push("redisCluster: a cluster has no Sentinels, and redisSentinels are given");
  if (config.redisCluster && /[^/]\/[1-9]\d*$/.test(config.redisUrl))
    faults.push("redisUrl: a cluster has no database but 0");
  if (config.redisCaFile !== undefined && config.redisUrl.startsWith("redis:"))
    faults.push("redisCaFile: redisUrl is redis://, without TLS; expected rediss://");
  try {
    void new RegExp(config.idPattern, "u");
  } catch {
    faults.push(`idPattern: expected a regular expression, got ${JSON.stringify(config.idPattern)}`);
  }
  return faults;
}
