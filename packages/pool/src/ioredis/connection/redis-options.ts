import type { ConnectionOptions } from "node:tls";

import type { RedisOptions } from "ioredis";

import { joinedWrites, type Flush } from "../commands/joined-writes.ts";

interface DialedBy {
  readonly host: string;
  readonly port: number;
  readonly tls: ConnectionOptions | undefined;
  /** When commands leave; undefined for a connection of one caller. */
  readonly flush: Flush | undefined;
  readonly dialTimeoutMs: number;
}

/** What ioredis is made with: one connection, which it neither makes again nor sends anything over twice. */
export function redisOptions({
  host,
  port,
  tls,
  flush,
  dialTimeoutMs,
}: DialedBy): RedisOptions & { readonly replyMapping: "legacy" } {
  return {
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
    ...(flush === undefined ? {} : { Connector: joinedWrites(flush) }),
    // RESP2 on the wire gives RESP2 shapes for every command, also those of modules, and keeps integers and doubles apart
    // although integers are read as digits, which is what keeps those near and beyond 2^53 right (redis/ioredis#2164).
    protocol: 2,
    replyMapping: "legacy",
    stringNumbers: flush !== undefined,
    lazyConnect: true,
    // Reconnecting and resending are ours: ioredis would execute a write twice without a word.
    retryStrategy: null,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: dialTimeoutMs,
    keepAlive: 30_000,
    noDelay: true,
  };
}
