import { Redis } from "ioredis";

import type { Peer } from "../../load/peer.ts";

/** ioredis as it comes: one connection, one write a command. */
export const peer: Peer = {
  async connect({ host, port }) {
    const redis = new Redis({ host, port, lazyConnect: true });
    await redis.connect();
    return {
      get: (key) => redis.get(key),
      set: (key, value) => redis.set(key, value),
      close: async () => void (await redis.quit()),
    };
  },
};
