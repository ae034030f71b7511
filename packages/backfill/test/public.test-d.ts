import type { Cluster, Redis } from "ioredis";
import { expectTypeOf, test } from "vitest";

import type { Backfill, Connection, WorkerOptions } from "../src/index.ts";

test("ioredis' Redis and Cluster are connections", () => {
  expectTypeOf<Redis>().toExtend<Connection>();
  expectTypeOf<Cluster>().toExtend<Connection>();
});

test("what fetch gives is what the sink gets", () => {
  const options: WorkerOptions<{ readonly n: number }> = {
    fetch: async (id) => ({ n: Number(id) }),
    sink: {
      async write(records, { signal, token, attempt }) {
        expectTypeOf(records[0]!.value).toEqualTypeOf<{ readonly n: number }>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(token).toEqualTypeOf<number>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
      },
    },
  };
  expectTypeOf(options).toExtend<Parameters<Backfill["worker"]>[0]>();
});
