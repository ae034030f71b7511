import type { Redis } from "ioredis";

import type { Factory } from "../exclusive-lane-options.ts";
import { ConnectionState } from "./connection-state.ts";
import { destroy, dial, type DialOptions } from "./dial.ts";
import { plainCause } from "./plain-cause.ts";

/** ioredis connections for an exclusive lane. None reconnects: what a connection remembers ends with its socket. */
export function redisFactory(server: DialOptions, label: () => string): Factory<Redis> {
  const states = new WeakMap<Redis, ConnectionState>();
  return {
    async create({ signal }) {
      const { redis } = await dial(server, { label: label(), signal });
      return redis;
    },
    destroy,
    watch(redis, closed) {
      let cause: Error | undefined;
      redis.on("error", (error: unknown) => {
        cause ??= plainCause(error);
      });
      if (redis.stream.destroyed) closed();
      else redis.stream.once("close", () => closed(cause));
      states.set(redis, new ConnectionState(redis));
    },
    reset: async (redis) => (await states.get(redis)?.clean()) ?? false,
  };
}
