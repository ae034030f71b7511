import { FakeClock, startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { type Command, createFleet, type Fleet, Namespace } from "../../src/index.ts";
import { instance } from "../hand-source.ts";
import { needRedis } from "../need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

/** A namespace in which LRANGE is heavy. */
const namespace = {
  scope: (command: Command) => ({
    ...Namespace.dedicated().scope(command),
    cost: command[0] === "LRANGE" ? "heavy" : "light",
  }),
  restoreMessage: (message: string) => message,
} as unknown as Namespace;

/** How many commands went over the shared and the bulk lane, less those before. */
function counted(fleet: Fleet): () => readonly number[] {
  let before = [0, 0];
  return () => {
    const { shared, bulk } = fleet.stats.instances[0]!.endpoints[0]!.pool!;
    const now = [shared.commands, bulk.commands];
    const since = now.map((count, lane) => count - before[lane]!);
    before = now;
    return since;
  };
}

test("what is heavy goes over the bulk lane, a batch whole over one", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
  await fleet.command(orders, ["RPUSH", "list", "a"], { namespace });
  const sent = counted(fleet);
  sent();
  await fleet.command(orders, ["LRANGE", "list", "0", "-1"], { namespace });
  expect(sent()).toEqual([0, 1]);
  await fleet.batch(
    orders,
    [
      ["GET", "x"],
      ["INCR", "x"],
    ],
    { namespace },
  );
  expect(sent()).toEqual([2, 0]);
  const slots = await fleet.batch(
    orders,
    [
      ["GET", "x"],
      ["LRANGE", "list", "0", "-1"],
      ["GET", "x"],
    ],
    { namespace },
  );
  expect(slots).toEqual([{ value: "1" }, { value: ["a"] }, { value: "1" }]);
  expect(sent()).toEqual([0, 3]);
});

test.for(["utf8", "buffer", "wire"] as const)(
  "a command of a project that had a large reply goes over the bulk lane for a while, with %s",
  async (encoding) => {
    await using redis = await startRedis();
    const clock = new FakeClock();
    await using fleet = await createFleet({
      instances: [instance("orders", [redis])],
      pool: { maxReplyBytes: 1_000_000 },
      clock,
    });
    const acme = { namespace: Namespace.project("acme"), encoding };
    const other = { namespace: Namespace.project("other"), encoding };
    await redis.call("SETRANGE", "proj:acme:large", "99999", "x");
    await redis.call("SETRANGE", "proj:acme:huge", "1999999", "x");
    await fleet.command(orders, ["GET", "small"], acme);
    const sent = counted(fleet);
    sent();
    await fleet.command(orders, ["GET", "small"], acme);
    await fleet.command(orders, ["GET", "large"], acme);
    expect(sent()).toEqual([2, 0]);
    await fleet.command(orders, ["get", "large"], acme);
    expect(sent()).toEqual([0, 1]);
    await fleet.command(orders, ["GET", "small"], other);
    await fleet.command(orders, ["STRLEN", "large"], acme);
    expect(sent()).toEqual([2, 0]);
    await fleet.batch(
      orders,
      [
        ["STRLEN", "large"],
        ["GET", "small"],
      ],
      acme,
    );
    expect(sent()).toEqual([0, 2]);
    await clock.advance(10_000);
    await fleet.command(orders, ["GET", "small"], acme);
    expect(sent()).toEqual([1, 0]);
    // What is too large is large as well, in a slot too.
    await fleet.batch(orders, [["GETRANGE", "huge", "0", "-1"]], acme);
    await expect(fleet.command(orders, ["GET", "huge"], acme)).rejects.toThrow("maxReplyBytes");
    expect(sent()).toEqual([2, 0]);
    await fleet.command(orders, ["GET", "small"], acme);
    await fleet.command(orders, ["GETRANGE", "small", "0", "-1"], acme);
    expect(sent()).toEqual([0, 2]);
  },
);
