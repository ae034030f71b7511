import { createFleet } from "@fleet/client";
import type { Namespace } from "@fleet/isolation";

import type { Address, Session } from "../load/peer.ts";

/** A fleet of one instance on one server, as a session; on behalf of a namespace where one is given. */
export async function walk({ host, port }: Address, namespace?: Namespace): Promise<Session> {
  const fleet = await createFleet({
    instances: [{ name: "bench", endpoints: [{ host, port, role: "primary" }] }],
  });
  const target = { instance: "bench" };
  const options = namespace === undefined ? undefined : { namespace };
  return {
    get: (key) => fleet.command(target, ["GET", key], options),
    set: (key, value) => fleet.command(target, ["SET", key, value], options),
    close: () => fleet.close(),
  };
}
