import type { AskedEndpoint } from "./asked-endpoint.ts";
import type { Decision } from "./decide-roles.ts";
import { type Entry, replicationOf, standingOf } from "./replication.ts";
import type { RoleReport } from "./role-report.ts";

export interface Assigned {
  /** An endpoint has another role than before. */
  readonly hasChanged: boolean;
  /** Every replica may be read from. */
  readonly allFollow: boolean;
}

/** Writes the decision into every endpoint of an instance, and reports what is new. */
export function assign<E extends AskedEndpoint>(
  instance: string,
  entries: ReadonlyMap<E, Entry>,
  { roles, primary }: Decision,
  maxLagBytes: number,
  report: (report: RoleReport) => void,
): Assigned {
  const claims = [...entries.values()];
  let hasChanged = false;
  let allFollow = true;
  for (const [index, [target, entry]] of [...entries].entries()) {
    const { address: endpoint, role: previous, replication: before } = target;
    const role = roles[index] ?? "unknown";
    target.role = role;
    target.replication = replicationOf(entry, role, claims, primary, maxLagBytes);
    const around = { reads: target.reads, isAlone: entries.size === 1, primary };
    target.standing = role === "primary" ? "follows" : standingOf(entry, target.replication, around);
    if (target.standing !== "follows") allFollow = false;
    const reason = target.replication?.unfit;
    if (role !== previous) {
      hasChanged = true;
      report({ event: "changed", instance, endpoint, role, previous });
    }
    if (reason === before?.unfit) continue;
    if (reason !== undefined) report({ event: "unfit", instance, endpoint, reason });
    else if (role === "replica") report({ event: "follows", instance, endpoint });
  }
  return { hasChanged, allFollow };
}
