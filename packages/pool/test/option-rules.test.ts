import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Rule, Rules } from "../src/check-options.ts";
import { exclusiveLaneRules } from "../src/exclusive-lane-options.ts";
import { ExclusiveLane, InvalidOptionError } from "../src/index.ts";
import { LateConnection, RedisPool } from "../src/ioredis/index.ts";
import { lateConnectionRules } from "../src/ioredis/late-connection.ts";
import { redisPoolRules } from "../src/ioredis/redis-pool-options.ts";
import { FakeFactory } from "./fake-factory.ts";

const server = { name: "x", host: "h", port: 1 };
type Options = Record<string, unknown>;
const constructors: readonly (readonly [string, Rules, Options, (options: never) => unknown])[] = [
  ["RedisPool", redisPoolRules, server, (options) => new RedisPool(options)],
  ["LateConnection", lateConnectionRules, { host: "h", port: 1 }, (options) => new LateConnection(options)],
  [
    "ExclusiveLane",
    exclusiveLaneRules,
    { name: "x", factory: new FakeFactory() },
    (options) => new ExclusiveLane(options),
  ],
];

/** Values of all kinds, and those that look right and are not. */
const values = fc.oneof(
  fc.constantFrom<unknown>(
    "3000",
    "",
    "true",
    Number.NaN,
    Infinity,
    -Infinity,
    -1,
    0,
    0.5,
    2 ** 31,
    true,
    false,
    null,
  ),
  fc.constantFrom<unknown>({}, [], () => 1, Symbol("s"), 3n, { now: 1 }, new Date(0)),
  fc.anything(),
);

function refusal(make: () => unknown): InvalidOptionError {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionError);
    return error as InvalidOptionError;
  }
  throw new Error("it was accepted");
}

/** Every option of a table, those inside of options too, with the path to it. */
function* optionsOf(
  rules: Rules,
  path: readonly string[] = [],
): Generator<readonly [readonly string[], Rule]> {
  for (const [name, rule] of Object.entries(rules)) {
    yield [[...path, name], rule];
    if (rule.options !== undefined) yield* optionsOf(rule.options, [...path, name]);
  }
}

function withOption(given: Options, [name, ...rest]: readonly string[], value: unknown): Options {
  const inner = rest.length === 0 ? value : withOption((given[name!] ?? {}) as Options, rest, value);
  return { ...given, [name!]: inner };
}

describe.for(constructors)("%s", ([, rules, given, make]) => {
  test.for([...optionsOf(rules)])("refuses whatever $0 cannot be, and names it", ([path, rule]) => {
    const full = path.join(".");
    const refused = fc.property(values, (value) => {
      fc.pre(value !== undefined && !rule.fits(value));
      const error = refusal(() => make(withOption(given, path, value) as never));
      expect(error.option).toBe(full);
      expect(error.message.startsWith(`${full} must be ${rule.expected}, got `)).toBe(true);
    });
    fc.assert(refused, { seed: 11, numRuns: 60 });
  });

  test("refuses an option that it does not have, names the nearest, and shows no value", () => {
    const unknown = fc.property(fc.string({ minLength: 1 }), (name) => {
      fc.pre(!(name in rules) && name !== "__proto__");
      const error = refusal(() => make({ ...given, [name]: "CANARY" } as never));
      expect(error.option).toBe(name);
      expect(error.message).toContain("there is no such option, the nearest is ");
      expect(error.message).not.toContain("CANARY");
    });
    fc.assert(unknown, { seed: 12, numRuns: 100 });
  });

  test("refuses to be made of nothing", () => {
    for (const options of [undefined, null, "x", 1, [], () => 1]) refusal(() => make(options as never));
    for (const [name, rule] of Object.entries(rules))
      if (rule.required === true)
        expect(refusal(() => make({ ...given, [name]: undefined } as never)).option).toBe(name);
  });
});

test.for([
  [{ db: 2 }, "db"],
  [{ password: "CANARY" }, "password"],
  [{ credentials: "CANARY" }, "credentials must be a function, got a string"],
  [{ credentials: { password: "CANARY" } }, "credentials must be a function, got an object"],
  [{ tls: {} }, "tls must be a function, got an object"],
  [{ tls: true }, "tls must be a function, got a boolean"],
  [
    { exclusive: { maxx: 5 } },
    "exclusive.maxx must be left out: there is no such option, the nearest is max",
  ],
  [{ exclusive: 5 }, "exclusive must be a record of options, got a number"],
  [{ commandTimeoutMS: 5 }, "the nearest is commandTimeoutMs"],
] as const)("a pool refuses %j", ([options, message]) => {
  const error = refusal(() => new RedisPool({ ...server, ...options } as never));
  expect(error.message).toContain(message);
  expect(error.message).not.toContain("CANARY");
});

describe("a call refuses", () => {
  test.for([
    [{ deadline: Number.NaN }, "deadline must be"],
    [{ deadline: Infinity }, "deadline must be"],
    [{ deadline: "5" }, "deadline must be"],
    [{ deadline: Date.now() + 1000 }, "deadline must be a time of the pool's clock"],
    [{ timeoutMs: "3000" }, 'timeoutMs must be milliseconds above 0, at most 2147483647, got "3000"'],
    [{ timeoutMs: 0 }, "timeoutMs must be"],
    [{ timeoutMs: Number.NaN }, "timeoutMs must be"],
  ] as const)("%j, on every lane", async ([options, message]) => {
    await using pool = new RedisPool(server);
    for (const call of [
      () => pool.shared.send(["PING"], options as never),
      () => pool.shared.batch([["PING"]], options as never),
      () => pool.exclusive.acquire(options as never),
      () => pool.exclusive.use(() => Promise.resolve(), options as never),
    ]) {
      const error = await call().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect((error as Error).message).toContain(message);
    }
    expect(pool.shared.state).toBe("idle");
  });

  test("an encoding that is none", async () => {
    await using pool = new RedisPool(server);
    await expect(pool.shared.send(["PING"], { encoding: "latin1" as never })).rejects.toThrow(
      'encoding must be "utf8" or "buffer", got "latin1"',
    );
  });

  test("a grace that is none", async () => {
    await using pool = new RedisPool(server);
    await expect(pool.close({ graceMs: Number.NaN })).rejects.toBeInstanceOf(InvalidOptionError);
  });
});
