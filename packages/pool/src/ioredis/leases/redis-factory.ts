import type { Redis } from "ioredis";

import type { Factory } from "../../exclusive/exclusive-lane-options.ts";
import { destroy, dial, type DialOptions } from "../connection/dial.ts";
import { plainCause } from "../connection/plain-cause.ts";
import { ConnectionState, type LeasedSettings } from "./connection-state.ts";
import { ownErrors } from "./own-errors.ts";

/** ioredis connections for an exclusive lane. None reconnects: what a connection remembers ends with its socket. */
export function redisFactory(
  server: DialOptions,
  settings: LeasedSettings,
  label: () => string,
): Required<Factory<Redis>> {
  const states = new WeakMap<Redis, ConnectionState>();
  return {
    async create({ signal }) {
      const { redis } = await dial(server, { label: label(), signal });
      return redis;
    },
    destroy(redis, why) {
      if (why !== undefined) states.get(redis)?.end(why);
      destroy(redis);
    },
    watch(redis, closed) {
      let cause: Error | undefined;
      redis.on("error", (error: unknown) => {
        const plain = plainCause(error);
        cause ??= plain;
        // An error that is not the socket's comes from the decoder, or from a reply without a command: replies match no more.
        if (plain === undefined) destroy(redis);
      });
      ownErrors(redis, server.name, () => cause);
      // Only a lease keeps the process alive.
      redis.stream.unref();
      if (redis.stream.destroyed) closed();
      else redis.stream.once("close", () => closed(cause));
      states.set(redis, new ConnectionState(redis, settings));
    },
    reset: async (redis) => (await states.get(redis)?.clean()) ?? false,
    test: async (redis) => (await states.get(redis)?.test()) ?? false,
    lend(redis, { deadline }) {
      const loan = states.get(redis)!.lend(deadline);
      redis.stream.ref();
      return {
        connection: loan.connection,
        end: () => {
          redis.stream.unref();
          loan.end();
        },
      };
    },
  };
}
