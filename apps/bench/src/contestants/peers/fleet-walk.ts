import type { Peer } from "../../load/peer.ts";
import { walk } from "../walk.ts";

/** The whole walk of @fleet/client: isolation, router, breaker, pool and back. */
export const peer: Peer = { connect: (server) => walk(server) };
