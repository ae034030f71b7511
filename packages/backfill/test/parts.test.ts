import { setImmediate as turn } from "node:timers/promises";

import { eventually, FakeClock } from "@fleet/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { RateMeter } from "../src/engine/rate-meter.ts";
import { shareOf } from "../src/engine/share.ts";
import { Stage } from "../src/engine/stage.ts";
import { Wakeup } from "../src/engine/wakeup.ts";
import { defineRun, totalOf } from "../src/protocol/definition.ts";
import { itemsOf, remainderOf, tasksOf } from "../src/protocol/item.ts";
import { keysOf } from "../src/protocol/keys.ts";
import { faultOf } from "../src/redis/redis-fault.ts";

describe("a stage", () => {
  test("works on so many at a time, in order, and starts the next as one ends", async () => {
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const stage = new Stage<number>(
      2,
      (item) => {
        begun.push(item);
        return new Promise((resolve) => ends.push(resolve));
      },
      () => undefined,
    );
    for (let item = 0; item < 4; item += 1) stage.push(item);
    expect({ begun, active: stage.active }).toEqual({ begun: [0, 1], active: 2 });
    ends[1]!();
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    const held = stage.hold();
    ends[0]!();
    ends[2]!();
    await held;
    expect({ begun, active: stage.active }).toEqual({ begun: [0, 1, 2], active: 0 });
    stage.release();
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  test("held with nothing under way is held at once", async () => {
    const stage = new Stage<number>(
      1,
      () => Promise.resolve(),
      () => undefined,
    );
    await stage.hold();
    stage.push(1);
    expect(stage.active).toBe(0);
  });

  test("gives thousands their turn", async () => {
    let worked = 0;
    const stage = new Stage<number>(
      3,
      async () => void (worked += 1),
      () => undefined,
    );
    for (let item = 0; item < 5000; item += 1) stage.push(item);
    await eventually(() => expect(worked).toBe(5000));
  });

  test("tells of work that throws where it must not", async () => {
    const failures: unknown[] = [];
    const stage = new Stage<number>(
      1,
      () => Promise.reject(new Error("broken")),
      (error) => failures.push(error),
    );
    stage.push(1);
    await turn();
    expect(failures).toMatchObject([{ message: "broken" }]);
  });
});

describe("a wakeup", () => {
  test("ends a wait, or the next wait where none is under way, and each only one", async () => {
    const clock = new FakeClock();
    const wakeup = new Wakeup(clock);
    const heard: string[] = [];
    void wakeup.wait().then(() => heard.push("first"));
    await turn();
    wakeup.wake();
    await turn();
    wakeup.wake();
    void wakeup.wait().then(() => heard.push("second"));
    await turn();
    void wakeup.wait(50).then(() => heard.push("third"));
    await turn();
    expect(heard).toEqual(["first", "second"]);
    await clock.advance(50);
    expect(heard).toEqual(["first", "second", "third"]);
    expect(clock.pending).toBe(0);
  });
});

test("the meter knows a steady speed from the first second on, and forgets what is long past", async () => {
  const clock = new FakeClock();
  const meter = new RateMeter(clock);
  expect(meter.perSecond).toBe(0);
  for (let times = 0; times < 20; times += 1) {
    await clock.advance(50);
    meter.add(5);
  }
  expect(meter.perSecond).toBeGreaterThan(95);
  expect(meter.perSecond).toBeLessThan(106);
  await clock.advance(60_000);
  expect(meter.perSecond).toBeLessThan(1);
});

test("claims shrink as pressure grows", () => {
  expect([0, 0.49, 0.5, 0.74, 0.75, 0.89, 0.9, 1].map(shareOf)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25, 0, 0]);
});

describe("the chunks of a range", () => {
  test("have every id once, for any range and size", () => {
    const property = fc.property(
      fc.nat(1_000_000_000),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 60 }),
      (from, count, chunkSize) => {
        const definition = defineRun({ kind: "range", from, to: from + count - 1 }, chunkSize);
        const chunks = Array.from({ length: totalOf(definition)! }, (_, chunk) =>
          itemsOf(definition, chunk, undefined),
        );
        expect(chunks.flat().map(({ id }) => id)).toEqual(
          Array.from({ length: count }, (_, index) => String(from + index)),
        );
        expect(chunks.every(({ length }, at) => length === chunkSize || at === chunks.length - 1)).toBe(true);
      },
    );
    expect(fc.defaultReportMessage(fc.check(property, { seed: 20_26, numRuns: 200 }))).toBeUndefined();
  });

  test("remember what is left of them, in whole or with items of their own", () => {
    const definition = defineRun({ kind: "range", from: 1, to: 100 }, 10);
    expect(tasksOf(definition, 3, undefined, {})).toHaveLength(10);
    const [, second, third] = tasksOf(definition, 3, undefined, {});
    const left = remainderOf(
      2,
      [
        { ...second!, attempts: 1 },
        { ...third!, crashes: 1, isInline: true },
        { ...third!, index: 4, pardons: 2 },
        { ...third!, index: 5, pardons: 1, isInline: true },
      ],
      third,
    );
    expect(left).toEqual({
      crashes: 2,
      items: [
        [1, 1, 0],
        [2, 0, 1, { id: "33" }],
        [4, 0, 0, null, 2],
        [5, 0, 0, { id: "33" }, 1],
      ],
      alone: { index: 2, item: { id: "33" } },
    });
    expect(tasksOf(definition, 3, undefined, left)).toEqual([
      { id: "32", index: 1, attempts: 1, crashes: 0, pardons: 0 },
      { id: "33", index: 2, attempts: 0, crashes: 1, pardons: 0, isInline: true },
      { id: "35", index: 4, attempts: 0, crashes: 0, pardons: 2 },
      { id: "33", index: 5, attempts: 0, crashes: 0, pardons: 1, isInline: true },
    ]);
  });
});

test("the keys of a run lie in one slot, and in that of what it reads from", () => {
  const tags = (keys: readonly string[]): readonly string[] => [
    ...new Set(keys.map((key) => /\{([^}]+)\}/.exec(key)?.[1] ?? key)),
  ];
  expect(tags(keysOf("bf", "casts", defineRun({ kind: "range", from: 1, to: 2 }, 1)).all)).toEqual(["casts"]);
  for (const key of ["events", "app:{events}:new"]) {
    const keys = keysOf("bf", "casts", defineRun({ kind: "stream", key, group: "g" }, 1));
    expect(tags(keys.all)).toEqual(["events"]);
    expect(keys.all.at(-1)).toBe(key);
    expect(keys.own).toHaveLength(keys.all.length - 1);
  }
});

test.for<[string, string, ReturnType<typeof faultOf>]>([
  ["ReplyError", "LOADING Redis is loading the dataset in memory", "again"],
  ["ReplyError", "OOM command not allowed when used memory > 'maxmemory'.", "again"],
  ["ReplyError", "MISCONF Errors writing to the AOF file: No space left on device", "again"],
  [
    "ReplyError",
    "ERR Error running script (call to f_ab): @user_script:7: -OOM command not allowed",
    "again",
  ],
  ["ReplyError", "READONLY You can't write against a read only replica.", "reconnect"],
  ["ReplyError", "NOPERM this user has no permissions", "final"],
  ["ReplyError", "WRONGTYPE Operation against a key", "final"],
  ["ReplyError", "ERR OOMPH is no command", "final"],
  ["Error", "connect ECONNREFUSED", "reconnect"],
  ["TypeError", "x is not a function", "final"],
])("%s %s means %s", ([name, message, fault]) => {
  const error = name === "TypeError" ? new TypeError(message) : Object.assign(new Error(message), { name });
  expect(faultOf(error)).toBe(fault);
});
