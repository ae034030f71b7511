import type { FleetStats } from "@fleet/client";
import { expectTypeOf, test } from "vitest";

import type { FleetStatsLike } from "../src/index.ts";
import type { Messages } from "../src/roster/messages.ts";
import type { Published, fixtures } from "./fixtures.ts";

type Channel = keyof Messages;

test("the channels that are listened to are the channels whose payloads are known here", () => {
  expectTypeOf<keyof Published>().toEqualTypeOf<Channel>();
  expectTypeOf<keyof typeof fixtures>().toEqualTypeOf<Channel>();
});

test("what is counted is in what is published, channel by channel", () => {
  expectTypeOf<Published["fleet:client:command"]>().toExtend<Messages["fleet:client:command"]>();
  expectTypeOf<Published["fleet:client:role"]>().toExtend<Messages["fleet:client:role"]>();
  expectTypeOf<Published["fleet:router:pick"]>().toExtend<Messages["fleet:router:pick"]>();
  expectTypeOf<Published["fleet:breaker:state"]>().toExtend<Messages["fleet:breaker:state"]>();
  expectTypeOf<Published["fleet:pool:connection"]>().toExtend<Messages["fleet:pool:connection"]>();
  expectTypeOf<Published["fleet:pool:acquire"]>().toExtend<Messages["fleet:pool:acquire"]>();
  expectTypeOf<Published["fleet:discovery:change"]>().toExtend<Messages["fleet:discovery:change"]>();
  expectTypeOf<Published["fleet:discovery:condition"]>().toExtend<Messages["fleet:discovery:condition"]>();
  expectTypeOf<Published["fleet:discovery:error"]>().toExtend<Messages["fleet:discovery:error"]>();
  expectTypeOf<Published["fleet:discovery:reflector"]>().toExtend<Messages["fleet:discovery:reflector"]>();
});

test("a fleet's stats are what is shown", () => {
  expectTypeOf<FleetStats>().toExtend<FleetStatsLike>();
});
