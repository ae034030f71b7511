import { type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { postpone, take } from "../../src/protocol/lua/scripts.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import { openScripts, type ScriptScene } from "../protocol/script-scene.ts";

let server: RedisServer;
let scene: ScriptScene;
let link: RedisLink;
beforeAll(async () => {
  server = await startRedis();
  scene = await openScripts(server, { source: { kind: "range", from: 1, to: 1 }, chunkSize: 1 });
  ({ link } = scene);
});
beforeEach(() => server.call("DEL", "rate"));
afterAll(async () => {
  scene[Symbol.dispose]();
  await server.close();
});

/** Calls granted, and microseconds until the next. */
const ask = async (intervalUs: number, burst: number, wanted: number): Promise<readonly [number, number]> =>
  (await link.run(take, ["rate"], [JSON.stringify({ intervalUs, burst, slackUs: 0, wanted })])) as [
    number,
    number,
  ];

test("a bucket that was never used holds its burst and no more", async () => {
  const [granted, waitUs] = await ask(1_000_000, 5, 20);
  expect(granted).toBe(5);
  expect(waitUs).toBeGreaterThan(900_000);
  expect((await ask(1_000_000, 5, 1))[0]).toBe(0);
});

test("asking for nothing takes nothing", async () => {
  expect((await ask(1_000_000, 1, 0))[0]).toBe(0);
  expect((await ask(1_000_000, 1, 1))[0]).toBe(1);
});

test("a quiet time saves up the burst, never more: there is no window at whose edge two of them meet", async () => {
  await ask(10_000, 3, 3);
  await server.call("SET", "rate", "1000");
  expect((await ask(1_000_000, 3, 100))[0]).toBe(3);
  expect((await ask(1_000_000, 3, 100))[0]).toBe(0);
});

test("a pause holds for all workers, and a shorter one that comes later does not end it", async () => {
  for (const ms of [5000, 10]) await link.run(postpone, ["rate"], [JSON.stringify({ ms })]);
  const [granted, waitUs] = await ask(1000, 10, 1);
  expect(granted).toBe(0);
  expect(waitUs).toBeGreaterThan(4_500_000);
});
