import { existsSync } from "node:fs";
import { resolve } from "node:path";

import type { Config } from "../config/config-schema.ts";
import { SinkError } from "../errors.ts";
import type { Store } from "./store.ts";

/**
 * Opens what the configuration calls `sink`, and loads nothing that the others need. In a database nothing is created yet.
 *
 * @throws SinkError.
 */
export async function openStore(config: Config): Promise<Store> {
  const { sink, name: run, sinkTable: table, databaseConcurrency: max, writeTimeoutMs: timeoutMs } = config;
  if (sink.startsWith("ndjson:")) {
    const { FileStore } = await import("./file-store.ts");
    return opened(sink, (place) => FileStore.open(place));
  }
  if (/^rediss?:/.test(sink)) {
    const { RedisStore } = await import("./redis-store.ts");
    return RedisStore.open({ url: sink, run, timeoutMs });
  }
  const { PostgresStore } = await import("./postgres-store.ts");
  if (sink.startsWith("pglite:")) {
    const { openEmbedded } = await import("./embedded-database.ts");
    return PostgresStore.open(await opened(sink, openEmbedded), { table, run });
  }
  const { PooledDatabase } = await import("./pooled-database.ts");
  return PostgresStore.open(new PooledDatabase({ url: sink, max, timeoutMs }), { table, run });
}

/** Whether there is anything to open: a file or a folder would be made by opening it. */
export function isThere({ sink }: Config): boolean {
  return !/^(?:ndjson|pglite):/.test(sink) || existsSync(placeOf(sink));
}

/** @throws SinkError, with the place: the file, the folder, or the lock beside it cannot be had. */
async function opened<T>(sink: string, open: (place: string) => Promise<T>): Promise<T> {
  const place = placeOf(sink);
  try {
    return await open(place);
  } catch (error) {
    if (error instanceof SinkError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const isSystem = code !== undefined && /^E[A-Z]+$/.test(code);
    const reason = isSystem ? code : message.split("\n")[0];
    throw new SinkError("FLEET_WORKER_SINK_REFUSED", `${place} cannot be opened: ${reason}`, error);
  }
}

const placeOf = (sink: string): string => resolve(sink.slice(sink.indexOf(":") + 1));
