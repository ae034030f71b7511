import type { Endpoint } from "@fleet/discovery";

import type { RoleReply } from "./role-reply.ts";

type Role = Endpoint["role"];

/** What is known of the role of one endpoint of an instance. */
export interface Claim {
  /** As announced, `host:port` in lower case. */
  readonly address: string;
  /** What its source says. */
  readonly hint: Role;
  /** What Redis said last; nothing when it was never asked, or does not say. */
  readonly said: RoleReply | undefined;
  /** It still says so: it answered when it was asked last. */
  readonly current: boolean;
  /** It answered a write with READONLY and was not asked since. */
  readonly refused: boolean;
  /** It names another primary than it did when the favourite became one, or had not been asked then. */
  readonly moved: boolean;
  /** It was asked, and has answered or failed to; where several say they are the primary, since that began. */
  readonly asked: boolean;
}

export interface Decision {
  /** In the order of the claims. At most one is `primary`; while several claim to be and none is believed, all are `replica`. */
  readonly roles: readonly Role[];
  /** Who says now that it is the primary. */
  readonly claimants: readonly Claim[];
  readonly primary: Claim | undefined;
}

/**
 * Who is what. What Redis says beats what the source says. Of two that say they are the primary it is the favourite, until everybody
 * was asked again and a replica has changed sides since: those of a primary that failed and is back may still follow it. Then it is
 * the one that the replicas name as theirs, else the one with more of them connected, else the favourite; else neither, until they agree.
 *
 * @param favourite who was the only one to say so last, or whom the source has named since.
 */
export function decideRoles(claims: readonly Claim[], favourite: Claim | undefined): Decision {
  const believed = claims.filter(({ refused }) => !refused);
  const claimants = believed.filter(({ said, current }) => current && said?.role === "primary");
  // Where nobody says so now, a primary that does not answer is still the best guess: its calls fail, or find it back.
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
  if (claim.refused || (claim.said?.role ?? claim.hint) === "replica") return "replica";
  // Where no primary is known, those that are unknown are written to.
  return undecided ? "replica" : "unknown";
}

/** Those among the claimants whom most replicas name, and of these those with most connected; all, while nothing speaks against the favourite. */
function foremost(
  claimants: readonly Claim[],
  claims: readonly Claim[],
  favourite: Claim | undefined,
): readonly Claim[] {
  const isFavoured = favourite !== undefined && claimants.includes(favourite);
  const voters = claims.filter(
    ({ said, current, moved }) => current && said?.role === "replica" && (moved || !isFavoured),
  );
  if (!claims.every(({ asked }) => asked) || (isFavoured && voters.length === 0)) return claimants;
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
