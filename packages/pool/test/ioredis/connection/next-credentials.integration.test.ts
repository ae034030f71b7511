import { type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

import { AuthenticationError } from "../../../src/index.ts";
import type { Credentials } from "../../../src/ioredis/index.ts";
import { errorOf, openPool } from "../../pool-scene.ts";

let open: RedisServer;
let closed: RedisServer;
beforeAll(async () => {
  [open, closed] = await Promise.all([startRedis(), startRedis({ password: "right" })]);
});
afterAll(() => Promise.all([open.close(), closed.close()]));

/** One after the other. */
const inTurn = ([first, ...others]: readonly Credentials[]): Credentials | undefined =>
  first && { ...first, next: async () => inTurn(others) };

test("what the server refuses is followed by the next, on the same connection", async () => {
  const before = await closed.call("INFO", "stats");
  const credentials = async () => inTurn([{ password: "a" }, { password: "b" }, { password: "right" }]);
  await using pool = openPool(closed, { credentials });
  await expect(pool.shared.send(["PING"])).resolves.toBe("PONG");
  const connections = (text: unknown): number =>
    Number(/total_connections_received:(\d+)/.exec(String(text))?.[1]);
  const made = connections(await closed.call("INFO", "stats")) - connections(before);
  await using other = openPool(closed, { credentials: async () => ({ password: "right" }) });
  await other.shared.send(["PING"]);
  expect(connections(await closed.call("INFO", "stats")) - connections(before) - made).toBe(made);
});

test("where none is right the first refusal is the error", async () => {
  const credentials = async () => inTurn([{ password: "a" }, { username: "app", password: "b" }]);
  await using pool = openPool(closed, { credentials });
  expect(await errorOf(pool.shared.send(["PING"]))).toMatchObject({ reason: "wrong-password" });
});

test("a guess is left out where the server has no password; what is no guess is an error", async () => {
  await using guessed = openPool(open, { credentials: async () => ({ password: "a", isGuess: true }) });
  await expect(guessed.shared.send(["PING"])).resolves.toBe("PONG");
  await using certain = openPool(open, { credentials: async () => ({ password: "a" }) });
  const error = await errorOf(certain.shared.send(["PING"]));
  expect(error).toBeInstanceOf(AuthenticationError);
  expect(error).toMatchObject({ reason: "password-not-expected" });
});
