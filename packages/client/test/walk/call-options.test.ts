import { Namespace } from "@fleet/isolation";
import { optionFaults } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { createFleet, type Fleet } from "../../src/index.ts";
import {
  batchRules,
  checkBatch,
  checkCommand,
  checkRun,
  checkSelector,
  commandRules,
  runRules,
} from "../../src/walk/call-options.ts";

const orders = { instance: "orders" } as const;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet({ instances: [{ name: "orders", endpoints: [{ host: "127.0.0.1", port: 1 }] }] });
});
afterAll(() => fleet.close());

test("a command, a batch and a run refuse whatever an option cannot be, and options that do not exist", () => {
  expect(optionFaults(commandRules, {}, checkCommand)).toEqual([]);
  expect(optionFaults(batchRules, {}, checkBatch)).toEqual([]);
  expect(optionFaults(runRules, orders, checkRun as (options: object) => void)).toEqual([]);
});

test.for<[string, (given: never) => void, Record<string, unknown>]>([
  ["a selector", checkSelector, { instance: undefined, group: "shop" }],
  ["a command", checkCommand, { namespace: Namespace.project("acme"), signal: undefined }],
  ["a batch", checkBatch, { atomic: true, timeoutMs: undefined, encoding: "buffer" }],
  ["a run", checkRun, { ...orders, group: undefined, access: "read", timeoutMs: 5 }],
])("%s reads each of its options once, those that are undefined too", ([, check, given]) => {
  const reads: unknown[] = [];
  const observed = new Proxy(given, {
    get: (target, name) => {
      reads.push(name);
      return Reflect.get(target, name);
    },
  });
  check(observed as never);
  expect(reads).toEqual(Object.keys(given));
});

test("what is no record is refused", () => {
  for (const check of [checkCommand, checkBatch, checkSelector, checkRun])
    expect(() => check([] as never)).toThrow(/must be .*, got an array$/);
});

describe("a call is refused before anything is sent", () => {
  test.for<[Record<string, unknown> | null, string]>([
    [
      { timeout: 5 },
      "timeout must be left out: there is no such option, the nearest is timeoutMs, got a number",
    ],
    [{ deadline: Date.now() + 1000 }, "deadline must be left out: there is no such option"],
    [{ timeoutMs: "3000" }, 'timeoutMs must be milliseconds from more than 0 to 2147483647, got "3000"'],
    [{ timeoutMs: Date.now() }, "timeoutMs must be milliseconds from more than 0 to 2147483647, got 1"],
    [{ signal: new AbortController() }, "signal must be an AbortSignal, got an object"],
    [{ namespace: "acme" }, 'namespace must be a Namespace, as Namespace.project() makes one, got "acme"'],
    [{ namespace: null }, "namespace must be a Namespace, as Namespace.project() makes one, got null"],
    [{ encoding: "latin1" }, 'encoding must be "utf8", "buffer" or "wire", got "latin1"'],
    [{ constructor: 1 }, "constructor must be left out: there is no such option"],
    [null, "options must be a record of options, got null"],
  ])("for %j", async ([options, message]) => {
    const refusal = {
      code: "FLEET_CLIENT_INVALID_OPTION",
      outcome: "not-sent",
      message: expect.stringContaining(message),
    };
    const wrong = options as object;
    await expect(fleet.command(orders, ["GET", "k"], wrong)).rejects.toMatchObject(refusal);
    await expect(fleet.batch(orders, [["GET", "k"]], wrong)).rejects.toMatchObject(refusal);
  });

  test("for what is no selector, no list of commands, no work and no signal", async () => {
    const wrong = {
      selector: fleet.command({ instance: 5 } as never, ["GET", "k"]),
      misspelled: fleet.command({ instnce: "orders" } as never, ["GET", "k"]),
      atomic: fleet.batch(orders, [["GET", "k"]], { atomic: "false" as never }),
      commands: fleet.batch(orders, undefined as never),
      access: fleet.run({ ...orders, access: "delete" as never }, () => Promise.resolve()),
      target: fleet.run({ ...orders, timeout: 5 } as never, () => Promise.resolve()),
      work: fleet.run(orders, "PING" as never),
      signal: fleet.dial({ signal: {} as never }),
      start: createFleet({ instances: [{ name: "x", endpoints: [] }] }, { sginal: 1 } as never),
    };
    const messages = await Promise.all(
      Object.values(wrong).map((call) => (call as Promise<unknown>).catch((error: Error) => error.message)),
    );
    expect(messages).toEqual([
      "selector.instance must be the name of an instance or a group, got 5",
      "selector.instnce must be left out: there is no such option, the nearest is instance, got a string",
      'atomic must be true or false, got "false"',
      "commands must be a list of commands, got undefined",
      'access must be "read" or "write", got "delete"',
      "timeout must be left out: there is no such option, the nearest is timeoutMs, got a number",
      'work must be a function, got "PING"',
      "signal must be an AbortSignal, got an object",
      "sginal must be left out: there is no such option, the nearest is signal, got a number",
    ]);
  });

  test("but an option that is given as undefined is left out", async () => {
    const options = { timeoutMs: undefined, signal: undefined, namespace: undefined, encoding: undefined };
    await expect(fleet.command(orders, ["GET", "k"], options)).rejects.toMatchObject({
      code: "FLEET_POOL_CONNECT_FAILED",
    });
  });
});
