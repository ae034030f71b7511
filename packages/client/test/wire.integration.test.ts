import { startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { type Command, createFleet, Namespace } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const acme = { namespace: Namespace.project("acme"), encoding: "wire" } as const;

test("a fleet answers the bytes of a reply, with the names of keys as the caller knows them", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
  const cases: readonly (readonly [Command, string])[] = [
    [["SET", "a", "1"], "+OK\r\n"],
    [["INCR", "a"], ":2\r\n"],
    [["MGET", "a", "b"], "*2\r\n$1\r\n2\r\n$-1\r\n"],
    [["RPUSH", "list", "x", "y"], ":2\r\n"],
    [["LMPOP", "1", "list", "LEFT"], "*2\r\n$4\r\nlist\r\n*1\r\n$1\r\nx\r\n"],
    [["LMPOP", "1", "nothing", "LEFT"], "*-1\r\n"],
    [["XADD", "s", "1-1", "f", "\u00ff"], "$3\r\n1-1\r\n"],
    [
      ["XREAD", "STREAMS", "s", "0"],
      "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$2\r\n\u00ff\r\n",
    ],
    [["XREAD", "STREAMS", "nothing", "0"], "*-1\r\n"],
  ];
  for (const [command, bytes] of cases)
    expect(await fleet.command(orders, command, acme)).toEqual(Buffer.from(bytes));
  await redis.call("FLUSHALL");
  const commands = cases.map(([command]) => command);
  const slots = cases.map(([, bytes]) => ({ value: Buffer.from(bytes) }));
  expect(await fleet.batch(orders, commands, acme)).toEqual(slots);
  await redis.call("FLUSHALL");
  expect(await fleet.batch(orders, commands, { ...acme, atomic: true })).toEqual(slots);
});

test("an error's text is the caller's own too", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
  const read = ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"] as const;
  await expect(fleet.command(orders, read, acme)).rejects.toMatchObject({
    prefix: "NOGROUP",
    message: expect.not.stringContaining("proj:"),
  });
});
