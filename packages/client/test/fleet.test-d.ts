import type { Command, Reply } from "@fleet/isolation";
import { expectTypeOf, test } from "vitest";

import { createFleet, Fleet } from "../src/index.ts";
import type { BatchReply, FleetOptions, FleetStats, Selector } from "../src/index.ts";

declare const fleet: Fleet;

test("a selector names an instance or a group, not both and not neither", () => {
  expectTypeOf<{ instance: string }>().toExtend<Selector>();
  expectTypeOf<{ group: string }>().toExtend<Selector>();
  expectTypeOf<{ instance: string; group: string }>().not.toExtend<Selector>();
  expectTypeOf<object>().not.toExtend<Selector>();
});

test("calls answer what they are asked for", () => {
  expectTypeOf(fleet.command({ instance: "orders" }, ["GET", "x"])).resolves.toEqualTypeOf<Reply>();
  expectTypeOf(fleet.batch({ group: "cache" }, [["GET", "x"]])).resolves.toEqualTypeOf<
    readonly BatchReply[]
  >();
  expectTypeOf(
    fleet.run({ instance: "orders" }, (redis) => redis.incr("n")),
  ).resolves.toEqualTypeOf<number>();
  expectTypeOf(fleet.stats).toEqualTypeOf<FleetStats>();
});

test("a command is a name and flat arguments", () => {
  expectTypeOf<["SET", "x", Buffer]>().toExtend<Command>();
  expectTypeOf<["SET", "x", 1]>().not.toExtend<Command>();
  expectTypeOf<[]>().not.toExtend<Command>();
});

test("a fleet is made from options and disposed of", () => {
  expectTypeOf(createFleet).parameter(0).toEqualTypeOf<FleetOptions>();
  expectTypeOf(createFleet).returns.resolves.toEqualTypeOf<Fleet>();
  expectTypeOf<Fleet>().toExtend<AsyncDisposable>();
});

test("what the fleet decides for each endpoint cannot be set for all", () => {
  expectTypeOf<{ pool: { host: string } }>().not.toExtend<Pick<FleetOptions, "pool">>();
});
