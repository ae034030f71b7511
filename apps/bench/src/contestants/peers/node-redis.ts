import { createClient } from "redis";

import type { Peer } from "../../load/peer.ts";

/** node-redis as it comes: one client, the commands of one turn of the event loop joined. */
export const peer: Peer = {
  async connect({ host, port }) {
    const client = createClient({ socket: { host, port } });
    client.on("error", () => {});
    await client.connect();
    return {
      get: (key) => client.get(key),
      set: (key, value) => client.set(key, value),
      close: () => client.close(),
    };
  },
};
