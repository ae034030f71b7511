import { type RedisServer, startFaultProxy, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ReplyError } from "../../../../src/index.ts";
import { type Command, decodeReply } from "../../../../src/ioredis/index.ts";
import { openPool } from "../../../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

const wire = { encoding: "wire" } as const;

describe("with encoding wire a reply is the bytes of one RESP2 reply", () => {
  test.for([
    [["SET", "text", "naïve"], "+OK\r\n"],
    [["GET", "text"], "$6\r\nnaïve\r\n"],
    [["GET", "nothing"], "$-1\r\n"],
    [["STRLEN", "text"], ":6\r\n"],
    [["LRANGE", "nothing", "0", "-1"], "*0\r\n"],
    [["XREAD", "STREAMS", "nothing", "0"], "*-1\r\n"],
    [
      ["EVAL", "return {1, {'two', false}, {ok='fine'}}", "0"],
      "*3\r\n:1\r\n*2\r\n$3\r\ntwo\r\n$-1\r\n+fine\r\n",
    ],
    [["EVAL", "return {1, redis.error_reply('ERR inner'), 3}", "0"], "*3\r\n:1\r\n-ERR inner\r\n:3\r\n"],
  ] as const)("%j", async ([command, bytes]) => {
    await using pool = openPool(server);
    const reply = await pool.shared.send(command, wire);
    expect(reply).toEqual(Buffer.from(bytes));
  });

  test("an error is a ReplyError as with any encoding", async () => {
    await using pool = openPool(server);
    await pool.shared.send(["SET", "text", "x"]);
    await expect(pool.shared.send(["LPUSH", "text", "y"], wire)).rejects.toMatchObject({
      name: "ReplyError",
      prefix: "WRONGTYPE",
      command: "LPUSH",
    });
  });

  test("also when it comes in single bytes, between others", async () => {
    await using proxy = await startFaultProxy(server);
    proxy.inject({ kind: "slicer", bytes: 1 });
    await using pool = openPool(proxy);
    const values = Array.from({ length: 20 }, (_, index) => Buffer.alloc(index * 7, `\r\n${index}`));
    const replies = await Promise.all(
      values.map((value, index) => pool.shared.send(["ECHO", value], index % 2 === 0 ? wire : {})),
    );
    for (const [index, value] of values.entries())
      expect(replies[index]).toEqual(
        index % 2 === 0
          ? Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from("\r\n")])
          : value.toString(),
      );
  });

  test("a value of 20 MB is whole, in a buffer of its own size", async () => {
    await using pool = openPool(server);
    await pool.shared.send(["SETRANGE", "large", String(20_000_000 - 3), "end"]);
    const reply = (await pool.shared.send(["GET", "large"], wire)) as Buffer;
    expect(reply).toHaveLength("$20000000\r\n".length + 20_000_002);
    expect(reply.buffer.byteLength).toBe(reply.length);
    expect((decodeReply(reply, "buffer") as Buffer).subarray(-4).toString("latin1")).toBe("\0end");
  });
});

describe("a batch answers each in its slot", () => {
  const commands: Command[] = [
    ["SET", "text", "x"],
    ["LPUSH", "text", "y"],
    ["MGET", "text", "nothing"],
    ["EVAL", "return {redis.error_reply('ERR inner')}", "0"],
  ];
  const slots = [
    { value: Buffer.from("+OK\r\n") },
    { error: expect.any(ReplyError) },
    { value: Buffer.from("*2\r\n$1\r\nx\r\n$-1\r\n") },
    { value: Buffer.from("*1\r\n-ERR inner\r\n") },
  ];

  test("in a pipeline", async () => {
    await using pool = openPool(server);
    await expect(pool.shared.batch(commands, wire)).resolves.toEqual(slots);
  });

  test("in a transaction: the slots of EXEC's array", async () => {
    await using pool = openPool(server);
    await expect(pool.shared.batch(commands, { ...wire, atomic: true })).resolves.toEqual(slots);
  });
});
