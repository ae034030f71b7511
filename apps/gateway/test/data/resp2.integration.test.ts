import { hash } from "node:crypto";

import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { at, openGateway, secrets } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";

let redis: RedisServer;
let gateway: OpenGateway;
beforeAll(async () => {
  redis = await startRedis();
  gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.close();
});
beforeEach(() => redis.call("FLUSHALL"));

interface Raw {
  readonly status: number;
  readonly type: string | null;
  readonly bytes: Buffer;
}

async function post(
  path: string,
  body: BodyInit,
  { token = "full", ...headers }: { readonly token?: keyof typeof secrets; [header: string]: string } = {},
): Promise<Raw> {
  const response = await fetch(gateway.url + path, {
    method: "POST",
    body,
    headers: {
      authorization: `Bearer ${secrets[token]}`,
      "upstash-response-format": "resp2",
      ...headers,
    },
  });
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}
const raw = (text: string | Buffer, status = 200): Raw => ({
  status,
  type: "application/octet-stream",
  bytes: Buffer.from(text as string),
});

test("a command is answered with the bytes of Redis, whatever they are", async () => {
  expect(await post("/set/k", Buffer.from([0xff, 0, 0x0d, 0x0a]))).toEqual(raw("+OK\r\n"));
  expect(await post("/get/k", "")).toEqual(raw(Buffer.from("$4\r\n\xff\0\r\n\r\n", "latin1")));
  expect(await post("/", '["GET","none"]')).toEqual(raw("$-1\r\n"));
  expect(await post("/", '["MGET","none","none"]')).toEqual(raw("*2\r\n$-1\r\n$-1\r\n"));
  expect(await post("/", '["INCR","n"]')).toEqual(raw(":1\r\n"));
  expect(await post("/", '["CLIENT","SETINFO","LIB-NAME","x"]')).toEqual(raw("+OK\r\n"));
});

test("an error is an error line with the status that it has in JSON", async () => {
  await redis.call("SET", "text", "x");
  expect(await post("/", '["INCR","text"]')).toEqual(
    raw("-ERR value is not an integer or out of range\r\n", 400),
  );
  expect(await post("/", "[]")).toEqual(raw("-ERR empty command\r\n", 400));
  const readOnly = await post("/", '["SET","k","v"]', { token: "readOnly" });
  expect(readOnly).toMatchObject({ status: 403, type: "application/octet-stream" });
  expect(readOnly.bytes.toString()).toMatch(/^-NOPERM [^\r\n]*\r\n$/);
  const unknown = await post("/redis/nowhere", '["PING"]');
  expect(unknown).toEqual(raw("-ERR no such instance or group\r\n", 404));
});

test("a pipeline is one reply behind the other, errors in their place", async () => {
  const body = '[["SET","k","v"],["CLIENT","SETINFO","LIB-NAME","x"],["INCR","k"],[],["GET","k"]]';
  expect(await post("/pipeline", body)).toEqual(
    raw(
      "+OK\r\n+OK\r\n-ERR value is not an integer or out of range\r\n-ERR empty pipeline command\r\n$1\r\nv\r\n",
    ),
  );
  expect(await post("/pipeline", "[[],[]]")).toEqual(raw("-ERR empty pipeline command\r\n".repeat(2)));
});

test("large replies and long pipelines are whole", async () => {
  const large = "x".repeat(200_000);
  await redis.call("SET", "large", large);
  const reply = `$200000\r\n${large}\r\n`;
  expect(await post("/get/large", "")).toEqual(raw(reply));
  const slots = [["PING"], ["GET", "large"], ["PING"], ["GET", "large"]];
  expect(await post("/pipeline", JSON.stringify(slots))).toEqual(raw(`+PONG\r\n${reply}+PONG\r\n${reply}`));
  const long = Array.from({ length: 5000 }, (_, index) => (index === 3000 ? [] : ["ECHO", String(index)]));
  const expected = long.map(([, text]) =>
    text === undefined ? "-ERR empty pipeline command\r\n" : `$${text.length}\r\n${text}\r\n`,
  );
  expect(await post("/pipeline", JSON.stringify(long))).toEqual(raw(expected.join("")));
});

test("names of keys in replies to a project are its own", async () => {
  await post("/", '["SET","k","v"]', { token: "shop" });
  expect(await post("/", '["KEYS","*"]', { token: "shop" })).toEqual(raw("*1\r\n$1\r\nk\r\n"));
});

test("SCRIPT LOAD of the hosted service's scripts answers with the hash of what was sent", async () => {
  const script = "#!lua flags=allow-key-locking\nreturn 7";
  const body = JSON.stringify(["SCRIPT", "LOAD", script]);
  const sent = hash("sha1", script);
  expect(await post("/", body)).toEqual(raw(`$40\r\n${sent}\r\n`));
  expect(await post("/pipeline", JSON.stringify([["EVALSHA", sent, "0"], JSON.parse(body)]))).toEqual(
    raw(`:7\r\n$40\r\n${sent}\r\n`),
  );
});

test("it is refused with base64, for a transaction, and where no token is", async () => {
  const json = { status: 400, type: "application/json" };
  expect(await post("/", '["PING"]', { "upstash-encoding": "base64" })).toMatchObject(json);
  expect(await post("/pipeline", '[["PING"]]', { "upstash-encoding": "base64" })).toMatchObject(json);
  expect(await post("/multi-exec", '[["PING"]]')).toMatchObject(json);
  expect(await post("/", '["PING"]', { authorization: "Bearer wrong" })).toMatchObject({
    ...json,
    status: 401,
  });
});
