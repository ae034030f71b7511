import { startRedis } from "@fleet/testkit";

import { PeerProcess } from "../contestants/peer-process.ts";
import type { Scenario } from "../harness/scenario.ts";
import { inFlight, valueBytes } from "../load/keys.ts";

/** Name of the row -> name of the peer. */
const peers = { lane: "fleet", walk: "fleet-walk", "walk-project": "fleet-walk-project" };

export const wholeWalk: Scenario = {
  name: "whole-walk",
  question: "What is left of the bare lane once isolation, router and breaker stand before it?",
  full: { rounds: 15, roundMs: 2000 },
  quick: { rounds: 5, roundMs: 1500 },
  async prepare({ seed, opened }) {
    const server = opened.use(await startRedis());
    const address = { host: server.host, port: server.port };
    const contestants = await Promise.all(
      Object.entries(peers).map(async ([row, peer]) =>
        opened.use(await PeerProcess.start(peer, address, seed)).contestant(row, "get"),
      ),
    );
    const form = `GET of ${valueBytes} B, ${inFlight} in flight, closed loop`;
    return {
      contestants,
      comparisons: [
        { title: `the whole walk: ${form}`, ours: "walk", theirs: { lane: "lane" } },
        { title: `the whole walk for a project: ${form}`, ours: "walk-project", theirs: { lane: "lane" } },
      ],
      packages: { "@fleet/client": "@fleet/client", "@fleet/pool": "@fleet/pool", ioredis: "ioredis" },
      versions: { [`${server.flavour}-server`]: server.version },
      setup: {},
      notes: [],
    };
  },
};
