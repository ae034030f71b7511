import { AwayError, type CallOptions, type Fetched } from "@fleet/backfill";
import { Redis } from "ioredis";

import { SinkError } from "../errors.ts";
import type { Store } from "./store.ts";
import { toJson } from "./to-json.ts";

interface RedisStoreOptions {
  /** `redis://host:port/db`, or `rediss://`. */
  readonly url: string;
  readonly run: string;
  readonly timeoutMs: number;
}

/** Refuses what comes with a lower token than what is there. */
const script = `
local known = redis.call('HGET', KEYS[1], 'token')
if known and tonumber(known) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'token', ARGV[2])
return 1`;

interface Storing {
  storeRecord(key: string, value: string, token: number): unknown;
}

/** A hash `{ value, token }` per id, at `fleet:record:<run>:<id>`. */
export class RedisStore implements Store {
  readonly #redis: Redis;
  readonly #prefix: string;

  private constructor(redis: Redis, run: string) {
    this.#redis = redis;
    this.#prefix = `fleet:record:${run}:`;
  }

  /** @throws SinkError when it does not answer. */
  static async open({ url, run, timeoutMs }: RedisStoreOptions): Promise<RedisStore> {
    const redis = new Redis(url, {
      lazyConnect: true,
      connectTimeout: timeoutMs,
      // A connection that is silent with replies due is replaced; ioredis sends again, which a token makes harmless.
      socketTimeout: timeoutMs,
      maxRetriesPerRequest: 1,
      connectionName: "fleet-worker",
      scripts: { storeRecord: { lua: script, numberOfKeys: 1 } },
    });
    let why: unknown;
    redis.on("error", (error) => (why = error));
    try {
      await redis.connect();
      await redis.ping();
    } catch (error) {
      redis.disconnect();
      const { message } = (why ?? error) as Error;
      throw new SinkError(
        "FLEET_WORKER_SINK_UNREACHABLE",
        `the Redis of the sink cannot be used: ${message}`,
        error,
      );
    }
    return new RedisStore(redis, run);
  }

  async prepare(): Promise<void> {}

  async write(records: readonly Fetched<unknown>[], { token }: CallOptions): Promise<void> {
    const texts = records.map(({ id, value }) => [this.#prefix + id, toJson(value)] as const);
    const pipeline = this.#redis.pipeline();
    for (const [key, text] of texts) (pipeline as unknown as Storing).storeRecord(key, text, token);
    const replies = await pipeline.exec().catch((error: unknown) => [[error]] as const);
    for (const [error] of replies ?? []) if (error !== null) throw faultOf(error);
  }

  pressure(): number {
    return 0;
  }

  async *ids(): AsyncGenerator<string> {
    const literal = this.#prefix.replaceAll(/[\\*?[\]]/g, String.raw`\$&`);
    for await (const keys of this.#redis.scanStream({ match: `${literal}*`, count: 1000 }))
      for (const key of keys as readonly string[]) yield key.slice(this.#prefix.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}

/** What Redis refuses whatever the record is: it is loading, full, read-only, busy or short of replicas. */
const isBusy = /^(?:BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|READONLY|TRYAGAIN)\b/;

function faultOf(error: unknown): unknown {
  const { name, message } = error as Error;
  if (name === "ReplyError" && !isBusy.test(message)) return error;
  return new AwayError(`the Redis of the sink cannot be used: ${message}`, { cause: error });
}
