import { RedisPool } from "@fleet/pool/ioredis";

import type { Peer } from "../../load/peer.ts";

/** @fleet/pool's shared lane alone: one connection, the writes of one tick joined. */
export const peer: Peer = {
  async connect({ host, port }) {
    const pool = new RedisPool({ name: "bench", host, port });
    await pool.ready();
    const { shared } = pool;
    return {
      get: (key) => shared.send(["GET", key]),
      set: (key, value) => shared.send(["SET", key, value]),
      close: () => pool.close(),
    };
  },
};
