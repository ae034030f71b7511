import { startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { type Command, createFleet, Namespace } from "../../src/index.ts";
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

test("what is heavy goes over the bulk lane, a batch whole over one", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
  const sent = (): readonly number[] => {
    const { shared, bulk } = fleet.stats.instances[0]!.endpoints[0]!.pool!;
    return [shared.commands, bulk.commands];
  };
  await fleet.command(orders, ["RPUSH", "list", "a"], { namespace });
  const [shared] = sent();
  await fleet.command(orders, ["LRANGE", "list", "0", "-1"], { namespace });
  expect(sent()).toEqual([shared, 1]);
  await fleet.batch(
    orders,
    [
      ["GET", "x"],
      ["INCR", "x"],
    ],
    { namespace },
  );
  expect(sent()).toEqual([shared! + 2, 1]);
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
  expect(sent()).toEqual([shared! + 2, 4]);
});
