import { eventually, type RedisServer, startRedis } from "@fleet/testkit";
import { systemClock } from "@fleet/time";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { IdleWait } from "../../src/engine/idle-wait.ts";
import type { TurnAnswer } from "../../src/protocol/turn-client.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import { openScripts, type ScriptScene } from "../protocol/script-scene.ts";

let server: RedisServer;
let scene: ScriptScene;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(async () => {
  await server.call("FLUSHALL");
  scene = await openScripts(server, { source: { kind: "range", from: 1, to: 10 }, chunkSize: 1 });
  return () => scene[Symbol.dispose]();
});
afterAll(() => server.close());

const answer: TurnAnswer = {
  state: "running",
  token: "0",
  chunks: [],
  overdue: [],
  pauseMs: 0,
  dueMs: undefined,
  wakeId: "0-0",
  lastEntry: undefined,
};

interface Waiter {
  readonly wait: IdleWait;
  readonly rings: () => number;
  /** The times that its questions were given. */
  readonly times: readonly unknown[];
  readonly replies: readonly unknown[];
}

function waiter(leaseMs = 60_000): Waiter {
  let rings = 0;
  const times: unknown[] = [];
  const replies: unknown[] = [];
  const { run } = scene;
  const link: Pick<RedisLink, "call"> = {
    async call(name, args, timeoutMs) {
      times.push(timeoutMs);
      const reply = await scene.link.call(name, args, timeoutMs);
      replies.push(reply);
      return reply;
    },
  };
  const wait = new IdleWait({
    link,
    definition: run.definition,
    keys: run.keys,
    leaseMs,
    clock: systemClock,
    signal: new AbortController().signal,
    wake: () => (rings += 1),
  });
  return { wait, rings: () => rings, times, replies };
}

const wakeUp = (): Promise<unknown> => server.call("XADD", scene.run.keys.wake, "MAXLEN", "1", "*", "w", "1");

test("waits longer each time that nothing comes, up to five seconds, and short again once there was work", async () => {
  const { wait, rings } = waiter();
  const waits: number[] = [];
  for (let times = 1; times <= 5; times += 1) {
    waits.push(wait.begin(answer, false));
    await wakeUp();
    await eventually(() => expect(rings()).toBe(times));
  }
  expect(waits).toEqual([1000, 2000, 4000, 5000, 5000]);
  wait.reset();
  expect(wait.begin(answer, false)).toBe(1000);
  await wakeUp();
});

test("waits a fifth of a second under pressure, and never past what is due", async () => {
  const { wait, rings } = waiter();
  expect(wait.begin(answer, true)).toBe(200);
  await eventually(() => expect(rings()).toBe(1));
  expect(wait.begin({ ...answer, dueMs: 40 }, false)).toBe(41);
  await eventually(() => expect(rings()).toBe(2));
});

test("waits no longer than half a lease: one that began meanwhile may be over by then", () => {
  expect(waiter(600).wait.begin(answer, false)).toBe(300);
});

test("is woken by a wake-up that came between the answer and the wait", async () => {
  const { wait, rings, replies } = waiter();
  const wakeId = String(await wakeUp());
  await wakeUp();
  wait.begin({ ...answer, wakeId }, false);
  await eventually(() => expect(rings()).toBe(1));
  // Null where nothing came until the end of the wait.
  expect(replies).toEqual([expect.anything()]);
});

test("one wake-up wakes all who wait", async () => {
  const waiters = [waiter(), waiter(), waiter()];
  for (const { wait } of waiters) wait.begin(answer, false);
  await wakeUp();
  await eventually(() => expect(waiters.map(({ rings }) => rings())).toEqual([1, 1, 1]));
});

test("ends by itself when the server says nothing, a second after the time that was asked for", async () => {
  const { wait, rings, times } = waiter();
  await scene.link.call("PING", []);
  server.pause();
  wait.begin(answer, true);
  await eventually(() => expect(rings()).toBe(1));
  server.resume();
  expect(times).toEqual([200 + 1000]);
});
