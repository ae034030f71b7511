import type { Connect } from "@fleet/backfill";
import { Cluster, Redis, type RedisOptions } from "ioredis";

import type { Config } from "../config/config-schema.ts";
import { readNamed } from "../config/read-named.ts";

/** The part of the configuration that leads to the Redis of the run. */
export type RedisConfig = Pick<
  Config,
  | "redisUrl"
  | "redisCaFile"
  | "redisCluster"
  | "redisSentinels"
  | "redisSentinelName"
  | "redisSentinelPassword"
  | "redisTimeoutMs"
>;

/**
 * How connections to the run's Redis are made. The engine has its own deadlines, and dials again by itself; with Sentinels
 * each dial asks them anew which server is the primary.
 *
 * @throws ConfigurationError when the file of `redisCaFile` cannot be read.
 */
export async function connectionsTo(config: RedisConfig): Promise<Connect> {
  const { redisCluster, redisSentinels, redisSentinelName, redisSentinelPassword, redisTimeoutMs } = config;
  const { username, password, protocol, pathname } = new URL(config.redisUrl);
  const tls = protocol === "rediss:" ? { tls: await tlsOf(config) } : {};
  const options = {
    lazyConnect: true,
    connectTimeout: redisTimeoutMs,
    connectionName: "fleet-worker",
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 && { db: Number(pathname.slice(1)) }),
    ...tls,
  } satisfies RedisOptions;
  if (redisSentinels !== undefined) {
    const asked = {
      ...options,
      sentinels: redisSentinels.map((address) => addressIn(`redis://${address}`, 26_379)),
      name: redisSentinelName,
      ...(redisSentinelPassword !== undefined && { sentinelPassword: redisSentinelPassword }),
      ...("tls" in tls && { enableTLSForSentinelMode: true, sentinelTLS: tls.tls }),
    } satisfies RedisOptions;
    return () => new Redis(asked);
  }
  const node = addressIn(config.redisUrl, 6379);
  if (redisCluster) return () => new Cluster([node], { lazyConnect: true, redisOptions: options });
  return () => new Redis({ ...options, ...node });
}

async function tlsOf({ redisCaFile }: RedisConfig): Promise<{ readonly ca?: Buffer }> {
  return redisCaFile === undefined ? {} : { ca: await readNamed("redisCaFile", redisCaFile) };
}

function addressIn(url: string, usualPort: number): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  // A socket wants an IPv6 address without its brackets.
  return { host: hostname.replaceAll(/^\[|\]$/g, ""), port: port === "" ? usualPort : Number(port) };
}
