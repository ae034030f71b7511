import { findRedis, startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { Redis } from "ioredis";

import type { Command, Reply } from "../src/index.ts";

/** The servers at hand: the usual one, and those named for these tests. */
export const servers: readonly {
  readonly title: string;
  readonly path: string | undefined;
  readonly missing: string;
}[] = [
  {
    title: "redis",
    path: (await findRedis().catch(() => undefined))?.path,
    missing: "no redis-server on PATH",
  },
  { title: "redis 8", path: process.env["FLEET_TEST_REDIS_8"], missing: "FLEET_TEST_REDIS_8 is not set" },
  { title: "valkey", path: process.env["FLEET_TEST_VALKEY"], missing: "FLEET_TEST_VALKEY is not set" },
];

export type Outcome = { readonly value: Reply } | { readonly error: string };

export interface Content {
  readonly digest: string;
  readonly expires: number;
}

/** A server of the test's own and one plain connection to it that does nothing by itself. */
export class Server implements AsyncDisposable {
  readonly #server: RedisServer;
  readonly #redis: Redis;

  private constructor(server: RedisServer, redis: Redis) {
    this.#server = server;
    this.#redis = redis;
  }

  static async start(path?: string): Promise<Server> {
    const server = await startRedis(path === undefined ? {} : { server: path });
    return new Server(server, connect(server));
  }

  get version(): string {
    return this.#server.version;
  }

  /** Another connection to the same server, as this user. */
  async as(username: string, password: string): Promise<AsyncDisposable & Pick<Server, "run">> {
    const redis = connect(this.#server, { username, password });
    await redis.ping();
    return {
      run: (commands) => runOn(redis, commands),
      [Symbol.asyncDispose]: async () => redis.disconnect(),
    };
  }

  /** A connection that listens to channels, and to one pattern. */
  async listening(channels: readonly string[], pattern: string): Promise<AsyncDisposable> {
    const redis = connect(this.#server);
    await redis.subscribe(...channels);
    await redis.psubscribe(pattern);
    return { [Symbol.asyncDispose]: async () => redis.disconnect() };
  }

  /** Runs commands in order in one write; bytes come back as bytes. */
  run(commands: readonly Command[]): Promise<readonly Outcome[]> {
    return runOn(this.#redis, commands);
  }

  /** One command that must succeed. */
  async call(...command: Command): Promise<Reply> {
    const [outcome] = await this.run([command]);
    if (outcome === undefined || "error" in outcome) throw new Error(outcome?.error);
    return outcome.value;
  }

  /** What the server can do: upper case, subcommands behind a space. */
  async commandNames(): Promise<ReadonlySet<string>> {
    const names = readable(await this.call("COMMAND", "LIST")) as readonly string[];
    return new Set(names.map((name) => name.toUpperCase().replace("|", " ")));
  }

  /** All keys that match, with a digest of each value and when it expires (milliseconds, -1 for never). */
  async contents(pattern: string): Promise<ReadonlyMap<string, Content>> {
    const keys = (await this.call("KEYS", pattern)) as readonly Buffer[];
    const digests = await this.run(keys.map((key): Command => ["DEBUG", "DIGEST-VALUE", key]));
    const expiries = await this.run(keys.map((key): Command => ["PEXPIRETIME", key]));
    return new Map(
      keys.map((key, index): [string, Content] => [
        key.toString("latin1"),
        { digest: String(readable(digests[index])), expires: Number(readable(expiries[index])) },
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    await this.#server.close();
  }
}

/** A reply with its bytes as text, one character a byte. */
export function readable(outcome: Outcome | Reply | undefined): unknown {
  if (Buffer.isBuffer(outcome)) return outcome.toString("latin1");
  if (Array.isArray(outcome)) return outcome.map((element: Reply) => readable(element));
  if (typeof outcome === "object" && outcome !== null && "value" in outcome) return readable(outcome.value);
  return outcome;
}

function connect(server: RedisServer, user: { username?: string; password?: string } = {}): Redis {
  const { host, port } = server;
  return new Redis({
    host,
    port,
    ...user,
    protocol: 2,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
    autoResendUnfulfilledCommands: false,
  });
}

async function runOn(redis: Redis, commands: readonly Command[]): Promise<readonly Outcome[]> {
  const pipeline = redis.pipeline();
  for (const [name, ...args] of commands) pipeline.callBuffer(name, ...args);
  const outcomes = (await pipeline.exec()) ?? [];
  return outcomes.map(([error, value]) =>
    error === null ? { value: value as Reply } : { error: error.message },
  );
}
