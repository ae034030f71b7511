import { createPool } from "generic-pool";
import { Redis } from "ioredis";

import type { Peer } from "../../load/peer.ts";

const connections = 25;

/** The usual pool: 25 connections of ioredis, one taken and given back for every command. */
export const peer: Peer = {
  async connect({ host, port }) {
    const pool = createPool(
      {
        create: async () => {
          const redis = new Redis({ host, port, lazyConnect: true });
          await redis.connect();
          return redis;
        },
        destroy: async (redis) => void (await redis.quit()),
      },
      { min: connections, max: connections },
    );
    await pool.ready();
    return {
      get: (key) => pool.use((redis) => redis.get(key)),
      set: (key, value) => pool.use((redis) => redis.set(key, value)),
      close: async () => {
        await pool.drain();
        await pool.clear();
      },
    };
  },
};
