import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { SinkError } from "../errors.ts";

/**
 * Keeps every other process away from a file or folder, by a lock of the operating system on `<path>.lock`. It ends with the
 * process, however that ends; Node itself can lock no file, its SQLite can.
 *
 * @throws SinkError (`LOCKED`) when another process has it; the error of the operating system for a folder without rights.
 */
export function exclusive(path: string): Disposable {
  // The error of SQLite for a folder without rights gives no reason.
  accessSync(dirname(path), constants.W_OK);
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new SinkError("FLEET_WORKER_SINK_LOCKED", `another process is using ${path}`, error);
  }
  return { [Symbol.dispose]: () => lock.close() };
}
