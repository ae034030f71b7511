import { expectTypeOf, test } from "vitest";

import {
  eventually,
  FakeClock,
  startCluster,
  startRedis,
  startReplication,
  startSentinel,
} from "../src/index.ts";
import type { Fault, RedisServer } from "../src/index.ts";
import type { AnyApiServer, ApiServerDouble, KubernetesServer } from "../src/kubernetes/index.ts";
import type { StartRedisOptions } from "../src/servers/start-redis.ts";
import type { StartReplicationOptions } from "../src/servers/start-replication.ts";

interface Clock {
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

test("a FakeClock is what a clock option asks for", () => {
  expectTypeOf<FakeClock>().toExtend<Clock>();
});

test("eventually answers what the check answers", () => {
  expectTypeOf(eventually(() => 1)).resolves.toEqualTypeOf<number>();
  expectTypeOf(eventually(async () => "text")).resolves.toEqualTypeOf<string>();
});

test("whatever is started can be had by await using", () => {
  expectTypeOf(startRedis).returns.resolves.toExtend<RedisServer & AsyncDisposable>();
  expectTypeOf(startReplication).returns.resolves.toExtend<AsyncDisposable>();
  expectTypeOf(startSentinel).returns.resolves.toExtend<AsyncDisposable>();
  expectTypeOf(startCluster).returns.resolves.toExtend<AsyncDisposable>();
});

test("a fault carries its own figures and no other", () => {
  expectTypeOf<{ kind: "latency"; ms: number }>().toExtend<Fault>();
  expectTypeOf<{ kind: "latency" }>().not.toExtend<Fault>();
  expectTypeOf<{ kind: "reply"; k: number; do: "explode" }>().not.toExtend<Fault>();
});

test("a port is asked for one server, not for several", () => {
  expectTypeOf<"port">().toExtend<keyof StartRedisOptions>();
  expectTypeOf<"port">().not.toExtend<keyof StartReplicationOptions>();
});

test("what a suite does to an API server can be done to the real one and to its double", () => {
  expectTypeOf<KubernetesServer>().toExtend<AnyApiServer & AsyncDisposable>();
  expectTypeOf<ApiServerDouble>().toExtend<AnyApiServer & AsyncDisposable>();
});
