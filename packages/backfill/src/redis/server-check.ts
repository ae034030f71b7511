import type { WarningEvent } from "../channels.ts";
import { EvictionError, RedisError } from "../errors.ts";
import type { RedisLink } from "./link.ts";

interface Warning {
  readonly warning: WarningEvent["warning"];
  readonly message: string;
}

/**
 * Whether a run may live on this Redis, and what an operator should know about it.
 *
 * @throws EvictionError unless it is allowed, RedisError for one that is too old or does not answer.
 */
export async function checkServer(link: RedisLink, allowEviction: boolean): Promise<readonly Warning[]> {
  let info: string;
  try {
    info = String(await link.call("INFO", []));
  } catch (error) {
    if (error instanceof RedisError) throw error;
    return [
      {
        warning: "settings-hidden",
        message: `INFO is refused, nothing was checked: ${(error as Error).message}`,
      },
    ];
  }
  const fact = (name: string): string => new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1]?.trim() ?? "";
  const version = fact("redis_version");
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2))
    throw new RedisError("refused", `Redis 6.2 or newer is needed, this is ${version}`);
  const warnings: Warning[] = [];
  const policy = fact("maxmemory_policy");
  // volatile-* evicts keys with an expiry, and no key of a run has one.
  if (policy.startsWith("allkeys")) {
    if (!allowEviction) throw new EvictionError(policy);
    warnings.push({
      warning: "eviction",
      message: `maxmemory-policy is ${policy}: progress may be thrown away`,
    });
  }
  if (fact("aof_enabled") === "0")
    warnings.push({
      warning: "no-persistence",
      message:
        "appendonly is off: a restart of Redis loses what happened since its last snapshot, or all of it",
    });
  return warnings;
}
