import { once } from "node:events";

import { type RedisServer, startCluster, startRedis } from "@fleet/testkit";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { joinedWrites } from "../../../src/ioredis/commands/joined-writes.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

/** A plain ioredis, as anybody would use it, except for its Connector. */
async function connect(
  options: Omit<RedisOptions, "replyMapping"> = {},
  flush: "tick" | "poll" = "tick",
): Promise<Redis & AsyncDisposable> {
  const redis = new Redis({
    host: server.host,
    port: server.port,
    lazyConnect: true,
    retryStrategy: null,
    Connector: joinedWrites(flush),
    ...options,
  });
  redis.on("error", () => undefined);
  await redis.connect();
  const dispose = async (): Promise<void> => {
    if (redis.status === "end") return;
    const ended = once(redis, "end");
    redis.disconnect();
    await ended;
  };
  return Object.assign(redis, { [Symbol.asyncDispose]: dispose });
}

describe.for(["tick", "poll"] as const)("joined per %s, ioredis works as without", (flush) => {
  test("quit says OK and ends the connection", async () => {
    const redis = await connect({}, flush);
    await expect(redis.quit()).resolves.toBe("OK");
  });

  test("a reply still arrives when disconnect() follows its command at once", async () => {
    await using redis = await connect({}, flush);
    const reply = redis.echo("still");
    redis.disconnect();
    await expect(reply).resolves.toBe("still");
  });

  test("a command whose socket is destroyed at once is rejected", async () => {
    await using redis = await connect({}, flush);
    const reply = redis.echo("never");
    redis.stream.destroy();
    await expect(reply).rejects.toThrow("Connection is closed.");
  });

  test("values of 5 MB go through, as text and as bytes", async () => {
    await using redis = await connect({}, flush);
    const text = "ä".repeat(2_500_000);
    const bytes = Buffer.alloc(5_000_000, 0xa5);
    const [, , back, same] = await Promise.all([
      redis.set("text", text),
      redis.set("bytes", bytes),
      redis.get("text"),
      redis.getBuffer("bytes"),
    ]);
    expect(back === text).toBe(true);
    expect(same?.equals(bytes)).toBe(true);
  });

  test("2000 writes of one tick, bytes and multi-byte text mixed, are all read back", async () => {
    await using redis = await connect({}, flush);
    const values = Array.from({ length: 2000 }, (_, index) =>
      index % 3 === 0 ? Buffer.from([index % 256, 0x0d, 0x0a, 0xff]) : `${"é漢😀".repeat(index % 7)}${index}`,
    );
    await Promise.all(values.map((value, index) => redis.set(`mixed:${index}`, value)));
    const back = await Promise.all(values.map((_, index) => redis.getBuffer(`mixed:${index}`)));
    expect(back.map((value) => value?.toString("hex"))).toEqual(
      values.map((value) => Buffer.from(value as string).toString("hex")),
    );
  });

  test("the order of 500 pushes is kept", async () => {
    await using redis = await connect({}, flush);
    await redis.del("list");
    const numbers = Array.from({ length: 500 }, (_, index) => String(index));
    await Promise.all(numbers.map((number) => redis.rpush("list", number)));
    await expect(redis.lrange("list", 0, -1)).resolves.toEqual(numbers);
  });

  test.for([2, 3] as const)("messages arrive on protocol %i", async (protocol) => {
    await using subscriber = await connect({ protocol }, flush);
    await using publisher = await connect({ protocol }, flush);
    const message = once(subscriber, "message");
    await subscriber.subscribe("news");
    await publisher.publish("news", "hello");
    await expect(message).resolves.toEqual(["news", "hello"]);
  });

  test("a transaction, and a pipeline of text and bytes", async () => {
    await using redis = await connect({}, flush);
    await expect(redis.multi().set("t", "1").incr("t").exec()).resolves.toEqual([
      [null, "OK"],
      [null, 2],
    ]);
    await redis.set("bytes", Buffer.from([0xff, 0]));
    const [text, bytes, error] = (await redis.pipeline().get("t").getBuffer("bytes").lpush("t", "x").exec())!;
    expect([text, bytes]).toEqual([
      [null, "2"],
      [null, Buffer.from([0xff, 0])],
    ]);
    expect(error![0]?.message).toContain("WRONGTYPE");
  });
});

test("what one tick writes leaves in few system calls", async () => {
  await using redis = await connect();
  const before = redis.stream.bytesWritten;
  let writes = 0;
  const { _write, _writev } = redis.stream as unknown as Record<
    "_write" | "_writev",
    (...args: unknown[]) => void
  >;
  Object.assign(redis.stream, {
    _write(...args: unknown[]) {
      writes += 1;
      _write.apply(this, args);
    },
    _writev(...args: unknown[]) {
      writes += 1;
      _writev.apply(this, args);
    },
  });
  await Promise.all(Array.from({ length: 40 }, () => redis.ping()));
  expect(writes).toBe(1);
  await Promise.all(Array.from({ length: 500 }, () => redis.ping()));
  expect(writes).toBe(11);
  expect(redis.stream.bytesWritten - before).toBe(540 * "*1\r\n$4\r\nping\r\n".length);
});

test("over TLS", async () => {
  await using secure = await startRedis({ tls: true });
  const { ca } = secure.tls!;
  await using redis = await connect({ port: secure.port, tls: { ca, servername: "localhost" } });
  const values = Array.from({ length: 300 }, (_, index) => "ü".repeat(index));
  await Promise.all(values.map((value, index) => redis.set(`tls:${index}`, value)));
  await expect(redis.mget(values.map((_, index) => `tls:${index}`))).resolves.toEqual(values);
});

test("a cluster takes it through redisOptions", async () => {
  await using cluster = await startCluster({ nodes: 3 });
  const redis = new Cluster(
    cluster.nodes.map(({ host, port }) => ({ host, port })),
    { redisOptions: { Connector: joinedWrites("tick") }, clusterRetryStrategy: null },
  );
  redis.on("error", () => undefined);
  try {
    const keys = Array.from({ length: 200 }, (_, index) => `key:${index}`);
    await Promise.all(keys.map((key) => redis.set(key, key)));
    await expect(Promise.all(keys.map((key) => redis.get(key)))).resolves.toEqual(keys);
    const stored = await Promise.all(cluster.nodes.map(async (node) => Number(await node.call("DBSIZE"))));
    expect(stored.every((count) => count > 0)).toBe(true);
    expect(stored.reduce((sum, count) => sum + count, 0)).toBe(200);
  } finally {
    redis.disconnect();
  }
});
