import type { RoleReply } from "./ask-role.ts";
import type { Role } from "./role.ts";

/** What is known of the role of one endpoint of an instance. */
export interface Claim {
  /** As announced, `host:port` in lower case. */
  readonly address: string;
  /** The role by the endpoint's source. */
  readonly hint: Role;
  /** What Redis said last; undefined when the endpoint was never asked, or does not say. */
  readonly said: RoleReply | undefined;
  /** The endpoint answered when it was asked last, so that `said` still holds. */
  readonly isCurrent: boolean;
  /** The endpoint refused a write with READONLY and was not asked since. */
  readonly isRefused: boolean;
  /** The replica names another primary than it did when the favourite became one, or had not been asked then. */
  readonly hasMoved: boolean;
  /** The endpoint was asked, and has answered or failed to; in a dispute, since the dispute began. */
  readonly wasAsked: boolean;
}

export interface Decision {
  /** In the order of the claims. At most one is `primary`; while several claim to be and none is believed, all are `replica`. */
  readonly roles: readonly Role[];
  /** The endpoints that say now that they are the primary. */
  readonly claimants: readonly Claim[];
  readonly primary: Claim | undefined;
}

/**
 * Decides the roles of the endpoints of an instance. What Redis says beats what the source says. Of two endpoints that say they are the
 * primary it is the favourite, until every endpoint was asked again and a replica has changed sides since: the replicas of a primary that
 * failed and is back may still follow it. Then it is the claimant that the replicas name, else the one with more of them connected, else
 * the favourite; else neither, until they agree.
 *
 * @param favourite the endpoint that was the only claimant last, or that the source has named since.
 */
export function decideRoles(claims: readonly Claim[], favourite: Claim | undefined): Decision {
  const believed = claims.filter(({ isRefused }) => !isRefused);
  const claimants = believed.filter(({ said, isCurrent }) => isCurrent && said?.role === "primary");
  // Without a claimant a primary that does not answer is still the best guess: calls to it fail, or find it back.
  const candidates =
    claimants.length > 0
      ? foremost(claimants, claims, favourite)
      : believed.filter(({ said, hint }) => (said?.role ?? hint) === "primary");
  const primary = candidates.length === 1 ? candidates[0] : candidates.find((each) => each === favourite);
  const undecided = primary === undefined && candidates.length > 1;
  return { roles: claims.map((claim) => roleOf(claim, primary, undecided)), claimants, primary };
}

function roleOf(claim: Claim, primary: Claim | undefined, undecided: boolean): Role {
  if (claim === primary) return "primary";
  if (claim.isRefused || (claim.said?.role ?? claim.hint) === "replica") return "replica";
  // Where no primary is known, writes go to endpoints of unknown role.
  return undecided ? "replica" : "unknown";
}

/** The claimants that most replicas name, and of these the ones with most replicas connected; all claimants, while nothing speaks against the favourite. */
function foremost(
  claimants: readonly Claim[],
  claims: readonly Claim[],
  favourite: Claim | undefined,
): readonly Claim[] {
  const isFavoured = favourite !== undefined && claimants.includes(favourite);
  const voters = claims.filter(
    ({ said, isCurrent, hasMoved }) => isCurrent && said?.role === "replica" && (hasMoved || !isFavoured),
  );
  if (!claims.every(({ wasAsked }) => wasAsked) || (isFavoured && voters.length === 0)) return claimants;
  const named = ({ address }: Claim): number =>
    voters.filter(({ said }) => said?.role === "replica" && said.primary === address).length;
  const connected = ({ said }: Claim): number => (said?.role === "primary" ? said.replicas.length : 0);
  return most(most(claimants, named), connected);
}

function most(claims: readonly Claim[], count: (claim: Claim) => number): readonly Claim[] {
  const counts = claims.map(count);
  const highest = Math.max(...counts);
  return claims.filter((_, index) => counts[index] === highest);
}
