import { connect } from "node:net";

import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { at, openGateway, secrets } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";

let redis: RedisServer;
let gateway: OpenGateway;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)] }],
    settings: { requestTimeoutMs: 300, idleSocketTimeoutMs: 5000 },
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.close();
});

const auth = `Authorization: Bearer ${secrets.full}`;

interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Writes bytes to the data port as they are and reads until the gateway closes, which every one of these ends with. */
async function raw(url: string, ...parts: string[]): Promise<RawAnswer[]> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  for (const part of parts) socket.write(part, "latin1");
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("close", () => resolve()).on("error", () => resolve());
  await promise;
  const answers: RawAnswer[] = [];
  while (text !== "") {
    const end = text.indexOf("\r\n\r\n");
    const head = text.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    answers.push({ status: Number(head.split(" ")[1]), head, body: text.slice(end + 4, end + 4 + length) });
    text = text.slice(end + 4 + length);
  }
  return answers;
}
const request = (line: string, ...headers: string[]): string =>
  `${[`${line} HTTP/1.1`, ...headers, "Connection: close"].join("\r\n")}\r\n\r\n`;

describe("what is hardly HTTP gets an answer in JSON", () => {
  test.for([
    ["garbage", "hello\r\n\r\n", 400],
    ["no version", "GET /get/k\r\n\r\n", 401],
    [
      "UTF-8 that is not escaped",
      request(`GET /get/${Buffer.from("é").toString("latin1")}`, "Host: x", auth),
      400,
    ],
    [
      "two lengths of a body",
      `POST / HTTP/1.1\r\nHost: x\r\n${auth}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["a header too long", request("GET /get/k", "Host: x", auth, `X: ${"x".repeat(20_000)}`), 431],
    ["a URL too long", request(`GET /get/${"k".repeat(20_000)}`, "Host: x", auth), 431],
    ["a missing Host", request("GET /get/k", auth), 400],
    [
      "an impossible expectation",
      request("POST /", "Host: x", auth, "Expect: tea", "Content-Length: 0"),
      417,
    ],
    ["two tokens", request("GET /get/k", "Host: x", auth, auth), 401],
    ["two Hosts", request("GET /get/k", "Host: x", "Host: y", auth), 400],
    ["CONNECT", request("CONNECT x:80", "Host: x", auth), 405],
    ["CONNECT to a path", request("CONNECT /get/k", "Host: x"), 405],
    [
      "a body that never comes",
      `POST / HTTP/1.1\r\nHost: x\r\n${auth}\r\nContent-Length: 30\r\n\r\n["SET"`,
      408,
    ],
    ["a head that never ends", "GET /get/k HTTP/1.1\r\nHost: x\r\n", 408],
  ] as const)("%s", async ([, bytes, status]) => {
    const [answer, ...more] = await raw(gateway.url, bytes);
    expect(more).toEqual([]);
    expect([answer!.status, answer!.body]).toEqual([
      status,
      expect.stringMatching(/^\{"error":"(?:ERR|WRONGPASS) .*"code":"FLEET_GATEWAY_/),
    ]);
  });
});

test("the admin port answers the same in JSON, and a path that looks like a pattern with 404", async () => {
  const authorized = `Authorization: Bearer ${secrets.admin}`;
  for (const [bytes, status] of [
    [request("CONNECT x:80", "Host: x"), 405],
    [request("GET /healthz", "Host: x", "Host: y"), 400],
    [request("GET /:a(", "Host: x", authorized), 404],
    [request("GET /:a((a+)+$)", "Host: x", authorized), 404],
    [request("GET /*", "Host: x", authorized), 404],
    [request("POST /v1/instances?x=1", "Host: x", authorized), 405],
  ] as const) {
    const [answer] = await raw(gateway.adminUrl, bytes);
    expect([bytes, answer!.status, answer!.body]).toEqual([
      bytes,
      status,
      expect.stringMatching(/^\{"error":"ERR /),
    ]);
  }
});

test("the form for proxies, an upgrade that is not wanted, PUT and a slash too many are what they mean", async () => {
  await redis.call("SET", "meant", "v");
  for (const bytes of [
    request("GET http://x/get/meant", "Host: x", auth),
    request("GET /get/meant", "Host: x", auth, "Upgrade: websocket", "Sec-WebSocket-Key: x"),
    `POST //pipeline HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${auth}\r\nContent-Length: 17\r\n\r\n[["GET","meant"]]`,
    `PUT /pipeline HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${auth}\r\nContent-Length: 17\r\n\r\n[["GET","meant"]]`,
  ]) {
    const [answer] = await raw(gateway.url, bytes);
    expect([bytes, answer!.status, answer!.body]).toEqual([
      bytes,
      200,
      expect.stringContaining('{"result":"v"}'),
    ]);
  }
});

test("requests sent ahead are answered in order", async () => {
  await redis.call("SET", "k", "v");
  const open = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${auth}\r\n\r\n`;
  const answers = await raw(
    gateway.url,
    open("/get/k") + open("/nope") + open("/incr/n"),
    request("GET /get/n", "Host: x", auth),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 200, 200]);
  expect(answers.map(({ body }) => body).filter((_, index) => index !== 1)).toEqual([
    '{"result":"v"}',
    '{"result":1}',
    '{"result":"1"}',
  ]);
});

test("an answer has no headers but what it needs", async () => {
  const [answer] = await raw(gateway.url, request("GET /get/none", "Host: x", auth, "Origin: http://evil"));
  const names = answer!.head
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(":")[0]!.toLowerCase());
  expect(names.toSorted((a, b) => a.localeCompare(b))).toEqual([
    "connection",
    "content-length",
    "content-type",
    "date",
  ]);
});

test("a token in the URL keeps its answer out of caches and referrers", async () => {
  const [answer] = await raw(gateway.url, request(`GET /get/none?_token=${secrets.full}`, "Host: x"));
  expect(answer!.head.toLowerCase()).toContain("cache-control: no-store");
  expect(answer!.head.toLowerCase()).toContain("referrer-policy: no-referrer");
});
