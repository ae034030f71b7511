import { inspect } from "node:util";

import { eventually, startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { expect, test } from "vitest";

import { LateConnection } from "../../../src/ioredis/index.ts";

const at = ({ host, port }: RedisServer): { host: string; port: number } => ({ host, port });

test("credentials and certificates are asked for when it is opened, and it can be asked while it is subscribed", async () => {
  await using server = await startRedis({ tls: true, password: "first" });
  const { host, port, tls } = server;
  let password = "first";
  const open = async (): Promise<LateConnection> => {
    const connection = new LateConnection({
      host,
      port,
      credentials: async () => ({ password }),
      tls: () => ({ ca: tls!.ca, servername: "localhost" }),
    });
    await connection.connect();
    return connection;
  };
  const first = await open();
  let heard = 0;
  first.on("message", () => (heard += 1));
  await first.subscribe("news");
  expect(await first.call("PING")).toBe("PONG");
  await first.call("PUBLISH", "news", "x");
  await eventually(() => expect(heard).toBe(1));
  await server.call("CONFIG", "SET", "requirepass", "second");
  password = "second";
  const second = await open();
  expect(await second.call("PING")).toBe("PONG");
  first.disconnect();
  second.disconnect();
});

test("it ends with its socket and is not opened again by itself", async () => {
  await using server = await startRedis();
  const connection = new LateConnection(at(server));
  const closed = Promise.withResolvers<void>();
  connection.on("close", closed.resolve);
  await expect(connection.call("PING")).rejects.toThrow("it is not open");
  await connection.connect();
  await server.kill();
  await closed.promise;
  await server.restart();
  await expect(connection.call("PING")).rejects.toThrow(/closed|writeable/i);
});

test("who is not let in hears why, without the password", async () => {
  const canary = "CANARY-a71f-PASSWORD";
  await using server = await startRedis({ password: "another" });
  const connection = new LateConnection({ ...at(server), credentials: async () => ({ password: canary }) });
  const errors: unknown[] = [];
  connection.on("error", (error) => errors.push(error));
  await connection.connect().catch((error: unknown) => errors.push(error));
  errors.push(await connection.call("PING").catch((error: unknown) => error));
  connection.disconnect();
  expect(inspect(errors, { depth: 9, showHidden: true })).toMatch(/WRONGPASS/);
  expect(inspect([errors, connection], { depth: 9, showHidden: true })).not.toContain(canary);
});

test("ended while it asks for its credentials, it is never opened", async () => {
  await using server = await startRedis();
  const asked = Promise.withResolvers<undefined>();
  const connection = new LateConnection({ ...at(server), credentials: () => asked.promise });
  const opening = connection.connect();
  connection.disconnect();
  asked.resolve(undefined);
  await expect(opening).rejects.toThrow("it was ended before it was open");
});
