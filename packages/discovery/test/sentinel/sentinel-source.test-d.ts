import { Redis } from "ioredis";
import { expectTypeOf, test } from "vitest";

import { SentinelSource } from "../../src/index.ts";
import type { InstanceSource, SentinelConnection } from "../../src/index.ts";

test("a Redis of ioredis is a connection to a sentinel as it is", () => {
  expectTypeOf<Redis>().toExtend<SentinelConnection>();
  const source = new SentinelSource({
    sentinels: [{ host: "redis-sentinel.shop.svc", port: 26379 }],
    connect: ({ host, port }) =>
      new Redis({ host, port, lazyConnect: true, retryStrategy: null, enableOfflineQueue: false }),
  });
  expectTypeOf(source).toExtend<InstanceSource>();
});

test("what cannot be asked is none", () => {
  expectTypeOf<Omit<Redis, "call">>().not.toExtend<SentinelConnection>();
  expectTypeOf<Omit<Redis, "subscribe">>().not.toExtend<SentinelConnection>();
});
