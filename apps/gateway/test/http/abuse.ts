import { connect } from "node:net";

import type { RedisServer } from "@fleet/testkit";

/** What is abused: a gateway, and the server behind it. */
export interface Abused {
  readonly port: number;
  readonly token: string;
  readonly redis: RedisServer;
  /** In [0, 1). */
  readonly random: () => number;
}

/** One abusive request or a few, until they have ended. What they were answered with: statuses, 0 for none. */
export type Abuse = (abused: Abused) => Promise<readonly number[]>;

const bodyLimit = 10_485_700;

/** Sends a request over a connection of its own and throws its answer away. */
export function send(
  { port, token }: Pick<Abused, "port" | "token">,
  path: string,
  body: string | Buffer,
  headers = "",
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = connect(port, "127.0.0.1");
  let head = "";
  socket.on("data", (chunk: Buffer) => {
    if (head.length < 200) head += chunk.toString("latin1", 0, 200);
  });
  socket.on("error", () => "the close says the same");
  socket.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)));
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
  );
  socket.write(body);
  return promise;
}

/** Opens connections that send bytes and never read, for a while. */
async function hold(
  { port }: Abused,
  count: number,
  bytes: string | Buffer,
  ms: number,
): Promise<readonly number[]> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(port, "127.0.0.1").pause();
    socket.on("error", () => "it may be cut");
    socket.write(bytes);
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, ms));
  for (const socket of sockets) socket.destroy();
  return [];
}

const filled = (head: string, unit: string, tail: string): string =>
  head + unit.repeat(Math.floor((bodyLimit - head.length - tail.length) / unit.length)) + tail;

const get = (token: string, key: string): string =>
  `GET /get/${key} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;

const nul = (bytes: number): Buffer => Buffer.alloc(bytes);
const megabytes = (random: () => number, most: number): number => Math.ceil(random() * most) * 1_000_000;

/** The abuses, by name. */
export const abuses: Readonly<Record<string, Abuse>> = {
  numbers: async (one) => [await send(one, "/", filled('["MGET","k"', ",1", "]"))],
  "numbers in many commands": async (one) => {
    const command = `["MGET"${",1".repeat(500)}]`;
    return [await send(one, "/pipeline", filled(`[${command}`, `,${command}`, "]"))];
  },
  floats: async (one) => [await send(one, "/pipeline", filled('[["MGET","k"', ",1.5", "]]"))],
  "empty strings": async (one) => [await send(one, "/", filled('["MGET","k"', ',""', "]"))],
  "escaped string": async (one) => [await send(one, "/", filled('["ECHO","', String.raw`\u00e9`, '"]'))],
  nested: async (one) => [await send(one, "/", "[".repeat(bodyLimit / 2) + "]".repeat(bodyLimit / 2))],
  "nested in a slot": async (one) => [await send(one, "/pipeline", `[["GET",${"[".repeat(bodyLimit - 10)}`)],
  objects: async (one) => [await send(one, "/pipeline", filled('[["GET",{}', ",{}", "]]"))],
  "large bodies at once": async (one) => {
    const body = filled('["SET","large","', "x", '"]');
    return Promise.all(Array.from({ length: 8 }, () => send(one, "/", body)));
  },
  "bodies that stop": (one) =>
    hold(
      one,
      30,
      Buffer.concat([
        Buffer.from(
          `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${one.token}\r\nContent-Length: 10000000\r\n\r\n`,
        ),
        Buffer.alloc(9_900_000, " "),
      ]),
      800,
    ),
  "one value": async (one) => {
    const { redis, random } = one;
    const fill = random() < 0.5 ? nul(megabytes(random, 60)) : Buffer.alloc(megabytes(random, 60), 0xff);
    await redis.call("SETRANGE", "value", String(fill.length - 1), "x");
    const headers = random() < 0.3 ? "Upstash-Encoding: base64\r\n" : "";
    return [await send(one, "/get/value", "", headers)];
  },
  "pipeline of values": async (one) => {
    const { redis, random } = one;
    await redis.call("SET", "each", "v".repeat(megabytes(random, 5) / 5));
    const commands = Array.from({ length: 200 + Math.floor(random() * 600) }, () => ["GET", "each"]);
    return [await send(one, "/pipeline", JSON.stringify(commands))];
  },
  "long list": async (one) => {
    const { redis, random } = one;
    await redis.call("DEL", "list");
    const items = Array.from({ length: 5000 }, () => "0123456789");
    for (let count = 0; count < 20 + random() * 80; count += 1) await redis.call("RPUSH", "list", ...items);
    return Promise.all(Array.from({ length: 4 }, () => send(one, "/lrange/list/0/-1", "")));
  },
  "many callers of one value": async (one) => {
    await one.redis.call("SET", "shared", "s".repeat(5_000_000));
    return Promise.all(Array.from({ length: 30 }, () => send(one, "/get/shared", "")));
  },
  "callers that do not read": async (one) => {
    await one.redis.call("SET", "unread", "u".repeat(10_000_000));
    return hold(one, 40, get(one.token, "unread"), 800);
  },
  "requests sent ahead and never read": async (one) => {
    await one.redis.call("SET", "ahead", "a".repeat(60_000));
    return hold(one, 2, get(one.token, "ahead").repeat(2000), 800);
  },
};
