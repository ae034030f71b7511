import { connect } from "node:net";

import { seededRandom, startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { at, openGateway, secrets } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";

const seed = Number(process.env["FLEET_TEST_FUZZ_SEED"] ?? 1);
/** An hour is some 2,000,000: `FLEET_TEST_FUZZ_REQUESTS=2000000`. */
const requests = Number(process.env["FLEET_TEST_FUZZ_REQUESTS"] ?? 5000);

const some = <T>(random: () => number, of: readonly T[]): T => of[Math.floor(random() * of.length)]!;

/** Something near to a request: a head with what is odd in it, a body, and lengths that may not fit. */
function nearRequest(random: () => number): string {
  const method = some(random, [
    "GET",
    "POST",
    "PUT",
    "HEAD",
    "OPTIONS",
    "DELETE",
    "CONNECT",
    "TRACE",
    "PRI",
    "get",
    "",
    "X".repeat(30),
  ]);
  const target = some(random, [
    "/",
    "/get/k",
    "/pipeline",
    "//pipeline",
    "/multi-exec",
    "/redis/orders/get/k",
    "/redis//get/k",
    "/redis/",
    "*",
    "",
    "http://x/get/k",
    "http://",
    "/%zz/%00",
    "/set/k/%ff",
    "/get/k?_token=",
    "/get/k?_token=a&_token=b",
    "/../..",
    "/get/k#x",
    "/\u00e9",
    "/:a(",
    `/get/${"k".repeat(5000)}`,
    "x:80",
    "/set/a/b?EX=1&&=&",
  ]);
  const version = some(random, [
    "HTTP/1.1",
    "HTTP/1.1",
    "HTTP/1.1",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "HTTP/1.2",
    "",
    "HTTP",
  ]);
  const body = some(random, [
    "",
    '["GET","k"]',
    '[["GET","k"],[],["INCR","n"]]',
    '["SET","k",null]',
    '["SET","k",1e400]',
    "[[[[",
    '{"a":1}',
    "\u00ff\u00fe",
    '["GET","\\ud800"]',
    "[".repeat(300),
    "x".repeat(20_000),
    '["ECHO","',
    "null",
    "[1,2,3]",
    '["INFO"]',
    '["SUBSCRIBE","c"]',
  ]);
  const odd = [
    "Host: x",
    "Host: ",
    "Host: x\r\nHost: y",
    "Content-Length: -1",
    "Content-Length: 1e3",
    "Content-Length: 5\r\nContent-Length: 6",
    "Transfer-Encoding: gzip",
    "Transfer-Encoding: chunked, chunked",
    "Expect: 100-continue",
    "Expect: tea",
    "Upgrade: websocket\r\nConnection: Upgrade",
    "Upgrade: h2c",
    "Connection: keep-alive, close",
    "Content-Encoding: gzip",
    "Upstash-Encoding: base64",
    "Upstash-Encoding: x",
    "Upstash-Response-Format: x",
    "Content-Type: text/html",
    "Accept: text/html",
    "Origin: http://evil",
    " folded: x",
    "No colon",
    "Bad\u0000: x",
    "X: \u0001",
    `X: ${"y".repeat(9000)}`,
    `Authorization: Bearer ${secrets.full}`,
    "Authorization: Basic eA==",
    "Authorization:",
  ];
  const headers = random() < 0.85 ? ["Host: x", `Authorization: Bearer ${secrets.full}`] : [];
  while (random() < 0.35) headers.push(some(random, odd));
  let rest = body;
  const framing = random();
  if (framing < 0.6) headers.push(`Content-Length: ${Buffer.byteLength(body, "latin1")}`);
  else if (framing < 0.7) headers.push(`Content-Length: ${Math.floor(random() * 40)}`);
  else if (framing < 0.9) {
    headers.push("Transfer-Encoding: chunked");
    const cut = Math.floor(random() * body.length);
    const chunk = (text: string): string => (text === "" ? "" : `${text.length.toString(16)}\r\n${text}\r\n`);
    rest = `${chunk(body.slice(0, cut))}${chunk(body.slice(cut))}${some(random, ["0\r\n\r\n", "0\r\n\r\n", "0\r\nX: y\r\n\r\n", "zz\r\n", "-1\r\n\r\n", "ffffffffffffffffff\r\n"])}`;
  }
  const end = some(random, ["\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r"]);
  return `${method} ${target} ${version}${end}${headers.join(end)}${end}${end}${rest}`;
}

/** Writes in pieces, then half-closes. Everything that comes back until the gateway closes too. */
function exchange(port: number, bytes: string, random: () => number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => "the close says the same").on("close", () => resolve(text));
  socket.on("end", () => socket.end());
  for (let from = 0; from < bytes.length;) {
    const length = random() < 0.5 ? bytes.length : 1 + Math.floor(random() * 200);
    socket.write(bytes.slice(from, from + length), "latin1");
    from += length;
  }
  socket.end();
  return promise;
}

/** What is wrong with what came back. */
function faultIn(text: string): string | undefined {
  let rest = text;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return "an answer without an end of its head";
    const head = rest.slice(0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (status === 100) {
      rest = rest.slice(end + 4);
      continue;
    }
    if (!(status >= 200 && status < 500) && ![503, 504].includes(status)) return `status ${status}`;
    if (!/\r\ncontent-type: application\/json\r\n/i.test(`${head}\r\n`)) return "no JSON";
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (!(length > 0)) return "an empty body";
    const body = rest.slice(end + 4, end + 4 + length);
    // The answer to HEAD announces a body and has none.
    if (body === "" || body.startsWith("HTTP/1.1 ")) {
      rest = rest.slice(end + 4);
      continue;
    }
    try {
      JSON.parse(body);
    } catch {
      return `a body that is no JSON: ${body}`;
    }
    rest = rest.slice(end + 4 + length);
  }
  return undefined;
}

test(
  `whatever comes over a socket: no 500, no empty body, no HTML, no hang, and the next request is clean (seed ${seed})`,
  async () => {
    await using redis = await startRedis();
    await using gateway: OpenGateway = await openGateway({
      instances: [{ name: "orders", endpoints: [at(redis)] }],
      settings: { log: { level: "error" }, requestTimeoutMs: 5000 },
    });
    const port = Number(new URL(gateway.url).port);
    const adminPort = Number(new URL(gateway.adminUrl).port);
    const random = seededRandom(seed);
    const statuses = new Set<number>();
    for (let count = 0; count < requests; count += 1) {
      let bytes = nearRequest(random);
      while (random() < 0.2) bytes += nearRequest(random);
      const isAdmin = random() < 0.1;
      const answer = await exchange(isAdmin ? adminPort : port, bytes, random);
      statuses.add(Number(answer.slice(9, 12)));
      const fault = isAdmin ? /^HTTP\/1\.1 5(?!03)/.exec(answer)?.[0] : faultIn(answer);
      if (fault !== undefined || (answer === "" && bytes.trim() !== ""))
        throw new Error(
          `${count}: ${fault ?? "no answer"}\n${JSON.stringify(bytes)}\n${JSON.stringify(answer)}`,
        );
      if (count % 50 === 0 && (await gateway.ask("/echo/clean")).text !== '{"result":"clean"}')
        throw new Error(`${count}: the next request is not clean behind ${JSON.stringify(bytes)}`);
    }
    expect(gateway.log).toEqual([]);
    // It is near enough to requests to get everywhere.
    for (const status of [100, 200, 400, 401, 404, 405, 415, 417]) expect([...statuses]).toContain(status);
  },
  120_000 + requests * 10,
);
