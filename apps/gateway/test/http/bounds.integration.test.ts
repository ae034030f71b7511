import { connect } from "node:net";

import { eventually, startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { at, openGateway, secrets } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());
beforeEach(() => redis.call("FLUSHALL"));

const open = (settings: object): Promise<OpenGateway> =>
  openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }], settings });

const post = (
  gateway: OpenGateway,
  path: string,
  body: unknown,
  headers = {},
): ReturnType<OpenGateway["ask"]> =>
  gateway.ask(path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers,
  });

describe("answers", () => {
  test("that are large are the same as small ones: text, base64, arrays, slots", async () => {
    await using gateway = await open({});
    const value = `${"x".repeat(100_000)}"é€😀\n`;
    await redis.call("SET", "big", value);
    await redis.call(
      "RPUSH",
      "list",
      ...Array.from({ length: 20_000 }, (_, index) => `item ${index}`),
      value,
    );
    const list = (await redis.call("LRANGE", "list", "0", "-1")) as string[];
    expect((await post(gateway, "/", ["GET", "big"])).json).toEqual({ result: value });
    expect((await post(gateway, "/", ["GET", "big"], { "upstash-encoding": "base64" })).json).toEqual({
      result: Buffer.from(value).toString("base64"),
    });
    expect((await post(gateway, "/", ["LRANGE", "list", "0", "-1"])).json).toEqual({ result: list });
    const slots = [["GET", "big"], [], ["LRANGE", "list", "0", "-1"], ["INCR", "big"], ["STRLEN", "big"]];
    const { json } = await post(gateway, "/pipeline", slots);
    expect(json).toMatchObject([
      { result: value },
      { error: "ERR empty pipeline command" },
      { result: list },
      {},
      { result: 100_011 },
    ]);
  });

  test("of a long pipeline come in order, ours and the server's", async () => {
    await using gateway = await open({});
    const slots = Array.from({ length: 5000 }, (_, index) =>
      index % 7 === 3 ? [] : index % 11 === 5 ? ["INCR", "text"] : ["INCR", "count"],
    );
    await redis.call("SET", "text", "x");
    let count = 0;
    const expected = slots.map((slot) =>
      slot.length === 0
        ? { error: "ERR empty pipeline command", code: "FLEET_GATEWAY_MALFORMED" }
        : slot[1] === "text"
          ? { error: "ERR value is not an integer or out of range" }
          : { result: (count += 1) },
    );
    expect((await post(gateway, "/pipeline", slots)).json).toEqual(expected);
  });

  test("of a pipeline of large values hold a bounded amount", async () => {
    await using gateway = await open({ maxAnswersBytes: 300_000 });
    const value = "v".repeat(100_000);
    await redis.call("SET", "big", value);
    const { json } = await post(gateway, "/pipeline", [
      ...Array.from({ length: 128 }, () => ["PING"]),
      ...Array.from({ length: 50 }, () => ["GET", "big"]),
    ]);
    expect((json as { result: string }[]).filter(({ result }) => result === value).length).toBeGreaterThan(0);
  });

  test("beyond what is held are 503, with what became of the command, and another token still gets its own", async () => {
    await using gateway = await open({ maxAnswersBytes: 20_000_000 });
    const value = "v".repeat(9_000_000);
    for (const key of ["big", "proj:shop:big"]) await redis.call("SET", key, value);
    const request = `GET /get/big HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secrets.full}\r\n\r\n`;
    const reader = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    reader.pause();
    reader.write(request);
    await eventually(() => expect(gateway.seen).toHaveLength(1));
    await eventually(async () => {
      const refused = await gateway.ask("/get/big");
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(refused.json).toMatchObject({ code: "FLEET_GATEWAY_ANSWERS_FULL", outcome: "unknown" });
    });
    expect((await gateway.ask("/get/big", { token: "shop" })).json).toEqual({ result: value });
    reader.destroy();
    await eventually(async () => expect((await gateway.ask("/get/big")).status).toBe(200));
  });

  test("a client that does not read is cut", async () => {
    await using gateway = await open({ slowReaderTimeoutMs: 100 });
    await redis.call("SET", "big", "v".repeat(20_000_000));
    const reader = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    reader.pause();
    reader.write(`GET /get/big HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secrets.full}\r\n\r\n`);
    const isCut = new Promise((resolve) => reader.once("error", resolve).once("close", resolve));
    await eventually(() => expect(gateway.seen).toHaveLength(1));
    await eventually(async () => {
      const { promise, resolve } = Promise.withResolvers<number>();
      gateway.gateway.data.server.getConnections((_error, count) => resolve(count));
      expect(await promise).toBe(0);
    });
    reader.resume();
    await isCut;
  });
});

describe("bodies", () => {
  const large = (bytes: number): string => `["SET","k","${"x".repeat(bytes)}"]`;

  test("beyond what is held are 503, and pass when the others are done", async () => {
    await using gateway = await open({ maxBodiesBytes: 2_000_000 });
    const { port } = new URL(gateway.url);
    const held = connect(Number(port), "127.0.0.1");
    const head = `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secrets.full}\r\nContent-Length: 900000\r\n\r\n`;
    held.write(head + " ".repeat(500_000));
    await eventually(async () => {
      const refused = await post(gateway, "/", large(200_000));
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(refused.json).toMatchObject({ code: "FLEET_GATEWAY_BUSY", outcome: "not-sent" });
    });
    expect((await post(gateway, "/", large(1000))).status).toBe(200);
    held.destroy();
    await eventually(async () => expect((await post(gateway, "/", large(200_000))).status).toBe(200));
    expect(await redis.call("STRLEN", "k")).toBe(200_000);
  });

  test("that are compressed are refused instead of stored", async () => {
    await using gateway = await open({});
    for (const path of ["/set/k", "/", "/pipeline"]) {
      const answer = await post(gateway, path, "x", { "content-encoding": "gzip" });
      expect([answer.status, answer.json]).toEqual([
        415,
        expect.objectContaining({ code: "FLEET_GATEWAY_CONTENT_ENCODING" }),
      ]);
    }
    expect(await redis.call("DBSIZE")).toBe(0);
  });

  test("of a thousand commands with a thousand arguments pass", async () => {
    await using gateway = await open({});
    const commands = Array.from({ length: 1000 }, (_, row) => [
      "MSET",
      ...Array.from({ length: 500 }, (__, column) => [`k${row}`, column]).flat(),
    ]);
    const answer = await post(gateway, "/pipeline", commands);
    expect(answer.json).toEqual(commands.map(() => ({ result: "OK" })));
    expect(await redis.call("DBSIZE")).toBe(1000);
  });

  test("a transaction has no more arguments than one command", async () => {
    await using gateway = await open({ maxArguments: 1000 });
    const answer = await post(
      gateway,
      "/multi-exec",
      Array.from({ length: 600 }, () => ["INCR", "k"]),
    );
    expect([answer.status, (answer.json as { error: string }).error]).toEqual([
      400,
      "ERR max arguments exceeded: 1000 are allowed in one transaction",
    ]);
    expect(await redis.call("DBSIZE")).toBe(0);
  });
});
