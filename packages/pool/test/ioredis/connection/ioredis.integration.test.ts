import { once } from "node:events";

import { type RedisServer, startRedis } from "@fleet/testkit";
import { Redis, type RedisOptions } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** What this package relies on in ioredis, tried on ioredis alone: the first to fail when ioredis changes. */

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

const settings = {
  protocol: 2,
  stringNumbers: true,
  lazyConnect: true,
  retryStrategy: null,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  disableClientInfo: true,
} as const satisfies RedisOptions;

async function connect(): Promise<Redis> {
  const redis = new Redis({ host: server.host, port: server.port, ...settings });
  redis.on("error", () => undefined);
  await redis.connect();
  return redis;
}

/** The least that `sendCommand` takes, noting what is called. */
class Probe {
  readonly name = "call";
  readonly args: readonly never[] = [];
  readonly isTraced = true;
  readonly calls: unknown[];
  readonly #line: string;

  constructor(line: string, calls: unknown[] = []) {
    this.#line = line;
    this.calls = calls;
  }

  setReplyContext(context: { readonly protocol: number }): void {
    this.calls.push(["context", context.protocol]);
  }

  toWritable(): string {
    this.calls.push(["write", this.#line]);
    return `${this.#line}\r\n`;
  }

  resolve(reply: unknown): void {
    this.calls.push(["resolve", reply]);
  }

  reject(error: Error): void {
    this.calls.push(["reject", error.name, error.message]);
  }
}

function send(redis: Redis, probe: Probe): void {
  void redis.sendCommand(probe as never);
}

describe("sendCommand", () => {
  test("takes anything in the shape of a command, writes it at once and answers it in its place", async () => {
    const redis = await connect();
    const calls: unknown[] = [];
    for (const line of ["PING", "ECHO b", "NOSUCH", "STRLEN none", "GET none", "LRANGE none 0 1"])
      send(redis, new Probe(line, calls));
    expect(redis.commandQueue).toHaveLength(6);
    await redis.ping();
    const bytes = (text: string): Buffer => Buffer.from(text);
    expect(calls.filter((call) => (call as string[])[0] !== "context")).toEqual([
      ...["PING", "ECHO b", "NOSUCH", "STRLEN none", "GET none", "LRANGE none 0 1"].map((line) => [
        "write",
        line,
      ]),
      ["resolve", bytes("PONG")],
      ["resolve", bytes("b")],
      ["reject", "ReplyError", expect.stringContaining("unknown command")],
      ["resolve", "0"],
      ["resolve", null],
      ["resolve", []],
    ]);
    expect(calls[0]).toEqual(["context", 2]);
    redis.disconnect();
  });

  test("rejects at once, unwritten, where the stream cannot be written", async () => {
    const redis = await connect();
    redis.stream.destroy();
    const probe = new Probe("PING");
    send(redis, probe);
    expect(probe.calls.at(-1)).toEqual([
      "reject",
      "Error",
      expect.stringContaining("Stream isn't writeable"),
    ]);
    expect(probe.calls).toHaveLength(2);
    await once(redis, "end");
    const late = new Probe("PING");
    send(redis, late);
    expect(late.calls.at(-1)).toEqual(["reject", "Error", "Connection is closed."]);
  });

  test("is what pipelines and transactions go through, also when it is replaced on the connection", async () => {
    const redis = await connect();
    const names: string[] = [];
    const original = redis.sendCommand.bind(redis);
    redis.sendCommand = (command, stream) => {
      names.push(command.name);
      return original(command, stream);
    };
    await redis.pipeline().get("a").call("GET", "b").exec();
    await redis.multi().get("c").exec();
    await redis.watch("d");
    expect(names).toEqual(["get", "GET", "multi", "get", "exec", "watch"]);
    redis.disconnect();
  });
});

describe("a connection that dies", () => {
  test("has rejected all that is in flight before another listener hears its close", async () => {
    const redis = await connect();
    const order: string[] = [];
    const probe = new Probe("DEBUG SLEEP 0.1");
    probe.reject = (error: Error): void => void order.push(error.message);
    send(redis, probe);
    redis.stream.once("close", () => order.push("close"));
    redis.stream.destroy();
    await once(redis, "end");
    expect(order).toEqual(["Connection is closed.", "close"]);
  });

  test("stays dead without a retryStrategy", async () => {
    const redis = await connect();
    redis.stream.destroy();
    await once(redis, "end");
    expect(redis.status).toBe("end");
  });

  test("by bytes that are no RESP: rejects all, tells the error without a code, and ends", async () => {
    const redis = await connect();
    const errors: Error[] = [];
    redis.on("error", (error: Error) => errors.push(error));
    const probe = new Probe("DEBUG SLEEP 0.1");
    send(redis, probe);
    redis.stream.emit("data", Buffer.from([0, 1, 2]));
    expect(probe.calls.at(-1)).toEqual(["reject", "Error", expect.stringContaining("Unknown RESP type")]);
    expect(errors[0]).not.toHaveProperty("code");
    await once(redis, "end");
  });
});

test("a listener for data that is put in front runs before the replies are handed out", async () => {
  const redis = await connect();
  const order: string[] = [];
  redis.stream.prependListener("data", () => order.push("data"));
  const probe = new Probe("PING");
  probe.resolve = (): void => void order.push("reply");
  send(redis, probe);
  await redis.ping();
  expect(order.slice(0, 2)).toEqual(["data", "reply"]);
  redis.disconnect();
});

test("digits for integers are told from doubles on protocol 2 only: on 3 both are strings", async () => {
  await server.call("ZADD", "z", "3", "m");
  const answer = async (protocol: 2 | 3): Promise<unknown[]> => {
    const redis = new Redis({ host: server.host, port: server.port, ...settings, protocol });
    redis.on("error", () => undefined);
    await redis.connect();
    const calls: unknown[] = [];
    for (const line of ["ZCARD z", "ZSCORE z m"]) send(redis, new Probe(line, calls));
    await redis.ping();
    redis.disconnect();
    return calls.filter((call) => (call as string[])[0] === "resolve").map((call) => (call as unknown[])[1]);
  };
  expect(await answer(3)).toEqual(["1", "3"]);
  expect(await answer(2)).toEqual(["1", Buffer.from("3")]);
});
