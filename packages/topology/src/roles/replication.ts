import type { RoleReply } from "./ask-role.ts";
import type { Claim } from "./decide-roles.ts";
import type { Replication, Role, Standing, Unfit } from "./role.ts";

/** What is known of the role of one endpoint, kept current by the role book. */
export interface Entry extends Claim {
  hint: Role;
  said: RoleReply | undefined;
  isCurrent: boolean;
  isRefused: boolean;
  hasMoved: boolean;
  wasAsked: boolean;
  /** The endpoint answered, and does not say what it is. */
  isSilent: boolean;
  /** How far the replica was behind the primary when it answered, in bytes, as far as the primary had said. */
  lagBytes: number | undefined;
  /** The endpoint is being asked. */
  isPending: boolean;
}

type OfReplica = Extract<RoleReply, { readonly role: "replica" }>;

/** Which server an endpoint beside the primary follows; undefined of the primary, and where the endpoint has not said. */
export function replicationOf(
  claim: Entry,
  role: Role,
  claims: readonly Claim[],
  primary: Claim | undefined,
  maxLagBytes: number,
): Replication | undefined {
  const { said } = claim;
  // Without a primary no claimant has lost.
  if (said?.role === "primary" && role === "unknown" && primary !== undefined && !isSameServer(said, primary))
    return {
      primary: claim.address,
      link: undefined,
      offset: undefined,
      lagBytes: undefined,
      unfit: "own-primary",
    };
  if (said?.role !== "replica" || role !== "replica") return undefined;
  const { link, offset } = said;
  const stranger = unfitOf(claim, said, claims, primary, []);
  // Offsets of two histories cannot be compared.
  const lagBytes = stranger === undefined ? claim.lagBytes : undefined;
  const unfit = stranger ?? (lagBytes !== undefined && lagBytes > maxLagBytes ? "lagging" : undefined);
  return { primary: said.primary, link, offset, lagBytes, unfit };
}

/** What an instance says about whether its endpoints may be read from. */
export interface Around {
  readonly reads: "primary" | "replica" | "any";
  readonly isAlone: boolean;
  readonly primary: Claim | undefined;
}

export function standingOf(entry: Entry, replication: Replication | undefined, around: Around): Standing {
  if (isAwaited(entry, around)) return "last-resort";
  if (replication?.unfit === undefined) return "follows";
  return replication.unfit === "link-down" || replication.unfit === "lagging" ? "last-resort" : "strange";
}

/**
 * Whether the answer of the endpoint is still awaited: it may have other data than the primary, or none. Where no primary is known the
 * source's word counts until the endpoint was asked: the first call, which makes `Roles` ask, goes to one of them.
 */
function isAwaited(entry: Entry, { reads, isAlone, primary }: Around): boolean {
  const { said, hint, isSilent, wasAsked, isPending } = entry;
  if (said !== undefined || isSilent || reads === "primary" || hint === "primary") return false;
  if (isAlone) return reads === "replica" && hint === "replica" && (wasAsked || isPending);
  return primary !== undefined || wasAsked || isPending;
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
  // A replica of a replica is as good as the one that it follows; in a ring no replica follows the primary.
  if (path.includes(followed)) return "other-primary";
  if (followed.said?.role === "primary") return "other-primary";
  const inherited =
    followed.said && unfitOf(followed, followed.said, claims, primary, [...path, claim, followed]);
  if (inherited !== undefined || followed.isCurrent) return inherited;
  // The followed replica does not answer: which primary it follows by now shows in the data of this one.
  return isOfAnother(primary, claim, said) ? "other-primary" : undefined;
}

/** Whether both replies come from one server, under two addresses: no two primaries share a replication id. */
function isSameServer({ history }: RoleReply, { said }: Claim): boolean {
  const [mine] = history ?? [];
  return mine !== undefined && said?.role === "primary" && said.history?.[0] === mine;
}

/** Whether the data of the replica once came from this primary, or from the one before it. */
function hasDataOf(primary: Claim | undefined, { history, hasSynced }: OfReplica): boolean {
  const [mine] = history ?? [];
  const theirs = primary?.said?.history;
  return mine === undefined || theirs === undefined ? hasSynced === true : theirs.includes(mine);
}

/**
 * Whether a replica follows another primary, where it names an address that no endpoint has, or one that does not answer. The address
 * alone says little: a Service's name, a translated or an announced address may lead to the primary too. Replication ids say it, and the
 * primary's own list of replicas; where neither is known, the source's word counts.
 */
function isOfAnother({ said }: Claim, { address }: Claim, { history }: OfReplica): boolean {
  const [mine] = history ?? [];
  const [theirs] = said?.history ?? [];
  if (mine === undefined || theirs === undefined || mine === theirs) return false;
  return !(said?.role === "primary" && said.replicas.includes(address));
}
