import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

import { eventually, seededRandom, startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { at, openGateway, secrets } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";
import { keptConnection } from "./kept-connection.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

const head = `Host: x\r\nAuthorization: Bearer ${secrets.full}\r\n`;
const body = '["INCR","drained"]';
const incr = `POST / HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;

async function open(
  settings: object,
): Promise<OpenGateway & { readonly port: number; readonly adminPort: number }> {
  const gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }], settings });
  return Object.assign(gateway, {
    port: Number(new URL(gateway.url).port),
    adminPort: Number(new URL(gateway.adminUrl).port),
  });
}

/** Everything that comes back until the gateway closes its half. */
async function exchange(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  for (const piece of pieces) socket.write(piece);
  const answer = await text(socket);
  socket.end();
  return answer;
}

describe("closing", () => {
  test.each([1, 5, 20])(
    "50 kept connections, busy every %i ms: no request that was written is lost",
    async (gapMs) => {
      await redis.call("DEL", "drained");
      const gateway = await open({ drainDelayMs: 400 });
      const random = seededRandom(gapMs);
      const clients = Array.from({ length: 50 }, () =>
        keptConnection(gateway.port, incr, () => random() * gapMs * 2),
      );
      await eventually(async () => expect(Number(await redis.call("GET", "drained"))).toBeGreaterThan(500));
      await gateway[Symbol.asyncDispose]();
      const fared = await Promise.all(clients);
      expect(fared.filter(({ lost }) => lost)).toEqual([]);
      expect(fared.filter(({ last }) => !last)).toEqual([]);
      const answered = fared.reduce((sum, one) => sum + one.answered, 0);
      expect(Number(await redis.call("GET", "drained"))).toBe(answered);
    },
  );

  test("both ports serve new connections meanwhile, each answer the last of its connection; an idle one is not cut", async () => {
    const gateway = await open({ drainDelayMs: 400 });
    const idle = connect(gateway.port, "127.0.0.1");
    idle.resume();
    idle.write(incr);
    let isIdleOpen = true;
    idle.on("end", () => (isIdleOpen = false));
    await eventually(() => expect(idle.bytesRead).toBeGreaterThan(0));
    const closed = gateway[Symbol.asyncDispose]();
    const data = await exchange(gateway.port, incr);
    expect(data).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*connection: close/i);
    const admin = await exchange(gateway.adminPort, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(admin).toMatch(/^HTTP\/1.1 503 [^]*connection: close[^]*"closing"/i);
    expect(isIdleOpen).toBe(true);
    await closed;
    await eventually(() => expect(isIdleOpen).toBe(false));
    expect(await exchange(gateway.port, incr).catch((error: NodeJS.ErrnoException) => error.code)).toBe(
      "ECONNREFUSED",
    );
  });

  test("of pipelined requests the last that was taken carries the close, and what comes behind it is not carried out", async () => {
    await redis.call("DEL", "drained");
    const gateway = await open({ drainDelayMs: 300 });
    redis.pause();
    const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.write(incr + incr);
    await eventually(() => expect(gateway.seen).toHaveLength(2));
    const closed = gateway[Symbol.asyncDispose]();
    redis.resume();
    const answered = text(socket);
    await eventually(() => expect(socket.bytesRead).toBeGreaterThan(0));
    socket.write(incr);
    const answer = await answered;
    socket.end();
    await closed;
    const [first, second, ...more] = answer.split("HTTP/1.1 ").slice(1);
    expect(more).toEqual([]);
    expect(first).toMatch(/^200 [^]*\{"result":1\}$/);
    expect(first).not.toMatch(/connection: close/i);
    expect(second).toMatch(/^200 [^]*connection: close[^]*\{"result":2\}$/i);
    expect(Number(await redis.call("GET", "drained"))).toBe(2);
  });
});

test("a client that half-closes behind its request is answered", async () => {
  await using gateway = await open({});
  await redis.call("DEL", "drained");
  for (let count = 1; count <= 5; count += 1) {
    const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.end(incr);
    expect(await text(socket)).toMatch(new RegExp(`^HTTP/1.1 200 [^]*\\{"result":${count}\\}$`));
  }
});

test("a refused request is answered although its body is still on its way", async () => {
  await using gateway = await open({ bodyLimitBytes: 1000 });
  for (const authorization of ["", `Authorization: Bearer ${secrets.full}\r\n`]) {
    const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    const answer = text(socket);
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${authorization}Content-Length: 8000000\r\n\r\n`,
    );
    for (let sent = 0; sent < 8; sent += 1) {
      socket.write(" ".repeat(1_000_000));
      await pause(1);
    }
    socket.end();
    expect(await answer).toMatch(/^HTTP\/1.1 4(01|13) [^]*"error":/);
  }
});
