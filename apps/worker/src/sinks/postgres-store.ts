import { AwayError, type CallOptions, type Fetched, PermanentError } from "@fleet/backfill";

import type { Database } from "./database.ts";
import { isAway, isData, refusal } from "./postgres-error.ts";
import { checkTable, createTable, quoted } from "./postgres-table.ts";
import type { Store } from "./store.ts";
import { toJson } from "./to-json.ts";

interface PostgresStoreOptions {
  readonly table: string;
  readonly run: string;
  /** How often the server is asked how many of its connections are taken. @default 5000 */
  readonly lookMs?: number;
}

/** Rows `(run, id, value, token, written_at)` in Postgres; a row does not replace one that came with a higher token. */
export class PostgresStore implements Store {
  readonly #database: Database;
  readonly #table: string;
  readonly #run: string;
  readonly #upsert: string;
  readonly #timer: NodeJS.Timeout;
  readonly #lookMs: number;
  readonly #closing = new AbortController();
  #isThere: boolean;
  #taken = 0;

  private constructor(
    database: Database,
    { table, run, lookMs = 5000 }: PostgresStoreOptions,
    isThere: boolean,
  ) {
    this.#database = database;
    this.#table = table;
    this.#run = run;
    this.#isThere = isThere;
    this.#upsert = `insert into ${quoted(table)} as known (run, id, value, token)
      select $1, id, value::jsonb, $2::bigint from unnest($3::text[], $4::text[]) as record(id, value)
      on conflict (run, id) do update set value = excluded.value, token = excluded.token, written_at = now()
      where known.token <= excluded.token`;
    this.#lookMs = lookMs;
    this.#timer = setInterval(() => void this.#look(), lookMs);
    this.#timer.unref();
  }

  /**
   * Takes a database over: it is closed with the store.
   *
   * @throws SinkError when it does not answer, refuses, or has another table of that name.
   */
  static async open(database: Database, options: PostgresStoreOptions): Promise<PostgresStore> {
    try {
      return new PostgresStore(database, options, await checkTable(database, options.table));
    } catch (error) {
      await database[Symbol.asyncDispose]();
      throw refusal(error);
    }
  }

  async prepare(): Promise<void> {
    if (this.#isThere) return;
    try {
      await createTable(this.#database, this.#table);
      this.#isThere = await checkTable(this.#database, this.#table);
    } catch (error) {
      throw refusal(error);
    }
  }

  async write(records: readonly Fetched<unknown>[], { signal, token }: CallOptions): Promise<void> {
    // One statement may touch a row once, and two that touch the same rows in another order would lock each other out.
    const texts = new Map(records.map(({ id, value }) => [id, toJson(value)]));
    const ids = [...texts.keys()].toSorted();
    const values = ids.map((id) => texts.get(id)!);
    try {
      await this.#database.query(this.#upsert, [this.#run, token, ids, values], signal);
    } catch (error) {
      if (isData(error)) throw new PermanentError(`Postgres: ${(error as Error).message}`);
      throw isAway(error) ? new AwayError(refusal(error).message, { cause: error }) : error;
    }
  }

  pressure(): number {
    return Math.min(1, Math.max(this.#taken, this.#database.waiting));
  }

  async *ids(): AsyncGenerator<string> {
    if (!this.#isThere) return;
    const text = `select id from ${quoted(this.#table)} where run = $1 and id > $2 order by id limit 10000`;
    for (let last = ""; ;) {
      const rows = await this.#database.query<{ readonly id: string }>(text, [this.#run, last]);
      for (const { id } of rows) yield id;
      if (rows.length === 0) return;
      last = rows.at(-1)!.id;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#database[Symbol.asyncDispose]();
  }

  /** A server short of connections is under pressure, whichever clients have them. */
  async #look(): Promise<void> {
    if (this.#database.waiting > 0) return;
    try {
      const [row] = await this.#database.query<{ readonly taken: number }>(
        `select count(*) filter (where backend_type = 'client backend')::float
          / current_setting('max_connections')::float as taken from pg_stat_activity`,
        [],
        AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.#lookMs)]),
      );
      this.#taken = row?.taken ?? 0;
    } catch {
      // The writes will show what is wrong.
      this.#taken = 0;
    }
  }
}
