import { publishRole } from "../channels.ts";
import type { EndpointTarget } from "../endpoints/endpoint-target.ts";
import type { Decision } from "./decide-roles.ts";
import type { Heard } from "./heard.ts";
import { replicationOf, standingOf } from "./standing.ts";

export interface Assigned {
  /** An endpoint has another role than before. */
  readonly changed: boolean;
  /** Every replica may be read from. */
  readonly allFollow: boolean;
}

/** Gives every endpoint of an instance its role, and every replica its standing; publishes what is new. */
export function assign(
  instance: string,
  heard: ReadonlyMap<EndpointTarget, Heard>,
  { roles, primary }: Decision,
): Assigned {
  const claims = [...heard.values()];
  let changed = false;
  let allFollow = true;
  for (const [index, [target, claim]] of [...heard].entries()) {
    const { address: endpoint, role: previous, replication: before } = target;
    const role = roles[index] ?? "unknown";
    target.role = role;
    target.replication = replicationOf(claim, role, claims, primary);
    const around = { reads: target.reads, isAlone: heard.size === 1, primary };
    target.standing = role === "primary" ? "follows" : standingOf(claim, target.replication, around);
    if (target.standing !== "follows") allFollow = false;
    const reason = target.replication?.unfit;
    if (role !== previous) {
      changed = true;
      publishRole({ event: "changed", instance, endpoint, role, previous });
    }
    if (reason === before?.unfit) continue;
    if (reason !== undefined) publishRole({ event: "unfit", instance, endpoint, reason });
    else if (role === "replica") publishRole({ event: "follows", instance, endpoint });
  }
  return { changed, allFollow };
}
