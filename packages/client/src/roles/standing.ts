import type { Endpoint, Instance } from "@fleet/discovery";

import type { Replication, Standing, Unfit } from "../endpoints/standing.ts";
import type { Claim } from "./decide-roles.ts";
import type { Heard } from "./heard.ts";
import type { RoleReply } from "./role-reply.ts";

type OfReplica = Extract<RoleReply, { readonly role: "replica" }>;

/** What is known of whom an endpoint follows that is not the primary; undefined where it has said nothing of the kind. */
export function replicationOf(
  claim: Claim,
  role: Endpoint["role"],
  claims: readonly Claim[],
  primary: Claim | undefined,
): Replication | undefined {
  const { said } = claim;
  // Without a primary none of those that say they are one has lost.
  if (said?.role === "primary" && role === "unknown" && primary !== undefined && !isSameServer(said, primary))
    return { primary: claim.address, link: undefined, offset: undefined, unfit: "own-primary" };
  if (said?.role !== "replica" || role !== "replica") return undefined;
  const { link, offset } = said;
  return { primary: said.primary, link, offset, unfit: unfitOf(claim, said, claims, primary, []) };
}

/** What an instance is, as far as it says whether its endpoints may be read from. */
export interface Around {
  readonly reads: Instance["reads"];
  readonly isAlone: boolean;
  readonly primary: Claim | undefined;
}

export function standingOf(claim: Heard, replication: Replication | undefined, around: Around): Standing {
  if (isAwaited(claim, around)) return "last-resort";
  if (replication?.unfit === undefined) return "follows";
  return replication.unfit === "link-down" ? "last-resort" : "strange";
}

/**
 * An endpoint that has not answered yet, and may have other data than the primary or none. Where no primary is known the source's word
 * counts until it was asked: the call that asks goes to one of them.
 */
function isAwaited(claim: Heard, { reads, isAlone, primary }: Around): boolean {
  const { said, hint, silent, asked, asking } = claim;
  if (said !== undefined || silent || reads === "primary" || hint === "primary") return false;
  if (isAlone) return reads === "replica" && hint === "replica" && (asked || asking !== undefined);
  return primary !== undefined || asked || asking !== undefined;
}

function unfitOf(
  claim: Claim,
  said: OfReplica,
  claims: readonly Claim[],
  primary: Claim | undefined,
  path: readonly Claim[],
): Unfit | undefined {
  if (said.link === "syncing") return "syncing";
  if (said.link === "down") return hasDataOf(primary, said) ? "link-down" : "never-synced";
  if (said.offset !== undefined && said.offset < 0) return "never-synced";
  if (primary === undefined || said.primary === primary.address) return undefined;
  const followed = claims.find(({ address }) => address === said.primary);
  if (followed === undefined) return isOfAnother(primary, claim, said) ? "other-primary" : undefined;
  // A replica of a replica is as good as the one it follows; in a ring none follows the primary.
  if (path.includes(followed)) return "other-primary";
  if (followed.said?.role === "primary") return "other-primary";
  const inherited =
    followed.said && unfitOf(followed, followed.said, claims, primary, [...path, claim, followed]);
  if (inherited !== undefined || followed.current) return inherited;
  // It does not answer: what it follows, or follows by now, shows in what this one has.
  return isOfAnother(primary, claim, said) ? "other-primary" : undefined;
}

/** By another address: no two primaries share a replication id. */
function isSameServer({ history }: RoleReply, { said }: Claim): boolean {
  const [mine] = history ?? [];
  return mine !== undefined && said?.role === "primary" && said.history?.[0] === mine;
}

/** Whether what it has once came from this primary, or from the one before it. */
function hasDataOf(primary: Claim | undefined, { history, hasSynced }: OfReplica): boolean {
  const [mine] = history ?? [];
  const theirs = primary?.said?.history;
  return mine === undefined || theirs === undefined ? hasSynced === true : theirs.includes(mine);
}

/**
 * It names an address that none of the endpoints has, or one that does not answer. That alone says little: a Service's name, a translated or an announced address may
 * lead to the primary too. Replication ids say it, and the primary's own list of replicas; where neither is known, the source's word counts.
 */
function isOfAnother({ said }: Claim, { address }: Claim, { history }: OfReplica): boolean {
  const [mine] = history ?? [];
  const [theirs] = said?.history ?? [];
  if (mine === undefined || theirs === undefined || mine === theirs) return false;
  return !(said?.role === "primary" && said.replicas.includes(address));
}
