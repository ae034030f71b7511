import { mkdir } from "node:fs/promises";

import { PGlite } from "@electric-sql/pglite";

import type { Database } from "./database.ts";
import { exclusive } from "./exclusive.ts";

/**
 * A Postgres that lives in a folder and in this process. Each query has it to itself, and none can be stopped.
 *
 * @throws SinkError when another process has the folder: it serves one at a time.
 */
export async function openEmbedded(folder: string): Promise<Database> {
  await using opened = new AsyncDisposableStack();
  await mkdir(folder, { recursive: true });
  opened.use(exclusive(folder));
  const database = await PGlite.create(folder);
  opened.defer(() => database.close());
  const open = opened.move();
  return {
    waiting: 0,
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await database.query<Row>(text, [...values])).rows,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
