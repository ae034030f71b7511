import { Namespace } from "@fleet/isolation";

import type { Peer } from "../../load/peer.ts";
import { walk } from "../walk.ts";

/** The whole walk on behalf of a project: keys get its prefix on the way out. */
export const peer: Peer = { connect: (server) => walk(server, Namespace.project("bench")) };
