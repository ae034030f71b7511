import type { Connect } from "@fleet/backfill";
import { Cluster, Redis } from "ioredis";

import type { Config } from "./config-schema.ts";

/** How connections to the run's Redis are made. The engine has its own deadlines, and dials again by itself. */
export function connectTo({
  redisUrl,
  redisCluster,
  redisTimeoutMs,
}: Pick<Config, "redisUrl" | "redisCluster" | "redisTimeoutMs">): Connect {
  const options = { lazyConnect: true, connectTimeout: redisTimeoutMs, connectionName: "fleet-worker" };
  if (!redisCluster) return () => new Redis(redisUrl, options);
  const { hostname, port, username, password, protocol } = new URL(redisUrl);
  const redisOptions = {
    connectTimeout: redisTimeoutMs,
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" && { tls: {} }),
  };
  const node = { host: hostname, port: port === "" ? 6379 : Number(port) };
  return () => new Cluster([node], { lazyConnect: true, redisOptions });
}
