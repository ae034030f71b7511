import { Pool, type QueryResultRow } from "pg";

import type { Database } from "./database.ts";
import { isAnswer } from "./postgres-error.ts";

interface PoolOptions {
  readonly url: string;
  /** Connections at most. */
  readonly max: number;
  readonly timeoutMs: number;
}

/** A pool that closes waits for dials under way, so long at most, in milliseconds. */
const longestDialMs = 5000;

/** A Postgres server over a pool of connections, each made when it is needed. */
export class PooledDatabase implements Database {
  readonly #pool: Pool;
  readonly #max: number;

  constructor({ url, max, timeoutMs }: PoolOptions) {
    this.#max = max;
    this.#pool = new Pool({
      connectionString: url,
      max,
      connectionTimeoutMillis: Math.min(timeoutMs, longestDialMs),
      query_timeout: timeoutMs,
      keepAlive: true,
      application_name: "fleet-worker",
    });
    // A connection that dies emits an error besides failing its query, also while it is idle in the pool; without a listener
    // that would end the process.
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
    this.#pool.on("error", () => undefined);
  }

  get waiting(): number {
    return this.#pool.waitingCount / this.#max;
  }

  async query<Row>(
    text: string,
    values: readonly unknown[] = [],
    signal?: AbortSignal,
  ): Promise<readonly Row[]> {
    const client = await this.#pool.connect();
    let isReleased = false;
    const release = (isBroken: boolean): void => {
      if (!isReleased) client.release(isBroken);
      isReleased = true;
    };
    // A half-open connection would never answer: it is closed with the query that was given up.
    const cut = (): void => release(true);
    signal?.addEventListener("abort", cut, { once: true });
    try {
      signal?.throwIfAborted();
      const { rows } = await client.query<Row & QueryResultRow>(text, [...values]);
      release(false);
      return rows;
    } catch (error) {
      release(signal?.aborted === true || !isAnswer(error));
      throw error;
    } finally {
      signal?.removeEventListener("abort", cut);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.end();
  }
}
