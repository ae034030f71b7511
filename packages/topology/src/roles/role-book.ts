import type { RoleReply } from "./ask-role.ts";
import type { AskedEndpoint } from "./asked-endpoint.ts";
import { assign } from "./assign.ts";
import { type Claim, decideRoles } from "./decide-roles.ts";
import { type Entry, standingOf } from "./replication.ts";
import type { RoleReport } from "./role-report.ts";

/** What follows from a new entry. */
export interface Decided {
  /** An endpoint has another role than before. */
  readonly hasChanged: boolean;
  /** Several claim to be the primary since now: what was said before does not count, and all are to be asked again. */
  readonly isDispute: boolean;
}

/** What each endpoint of one instance said of its role last, and what is decided by it. Synchronous; it asks nothing itself. */
export class RoleBook<E extends AskedEndpoint> {
  readonly #instance: string;
  readonly #report: (report: RoleReport) => void;
  #entries: ReadonlyMap<E, Entry> = new Map();
  /** The endpoint that the source named as the primary last. */
  #named: E | undefined;
  #favourite: E | undefined;
  /** How many say that they are the primary. */
  #claimants = 0;
  #primary: Claim | undefined;
  #allFollow = true;
  /** The dispute that was reported last. */
  #reported = "";

  readonly #maxLagBytes: number;

  constructor(instance: string, report: (report: RoleReport) => void, maxLagBytes: number) {
    this.#instance = instance;
    this.#maxLagBytes = maxLagBytes;
    this.#report = report;
  }

  get endpoints(): readonly E[] {
    return [...this.#entries.keys()];
  }

  /** Whether every replica may be read from. */
  get allFollow(): boolean {
    return this.#allFollow;
  }

  /** One endpoint says that it is the primary, or none has been asked yet, or asking is of no use. */
  get isSettled(): boolean {
    if (this.#claimants === 1) return true;
    if (this.#claimants > 1) return false;
    return this.#primary?.wasAsked === false || [...this.#entries.values()].some(({ isSilent }) => isSilent);
  }

  /** Another one after the endpoint has been away. */
  entry(endpoint: E): Entry | undefined {
    return this.#entries.get(endpoint);
  }

  /** These are the endpoints now. @returns besides, whether the source names another primary than before. */
  set(endpoints: readonly E[]): Decided & { readonly isRenamed: boolean } {
    const before = this.#entries;
    this.#entries = new Map(endpoints.map((each) => [each, before.get(each) ?? newEntry(each)]));
    for (const [endpoint, entry] of this.#entries) entry.hint = endpoint.hint;
    const named = endpoints.filter(({ hint }) => hint === "primary");
    const isRenamed = named.length === 1 && named[0] !== this.#named;
    if (isRenamed) this.#favour((this.#named = named[0]));
    return { ...this.#decide(), isRenamed };
  }

  /** A question is on its way: until there is an answer the endpoint is read from as a last resort at most. */
  asks(endpoint: E, entry: Entry): void {
    entry.isPending = true;
    if (endpoint.role === "primary") return;
    const around = { reads: endpoint.reads, isAlone: this.#entries.size === 1, primary: this.#primary };
    endpoint.standing = standingOf(entry, endpoint.replication, around);
  }

  /** The answer; undefined where the server does not say. */
  answered(endpoint: E, entry: Entry, reply: RoleReply | undefined): Decided {
    const isSilent = reply === undefined;
    if (isSilent && !entry.isSilent)
      this.#report({ event: "untold", instance: this.#instance, endpoint: endpoint.address });
    entry.hasMoved ||= primaryNamed(reply) !== primaryNamed(entry.said);
    entry.isSilent = isSilent;
    entry.said = reply;
    entry.lagBytes = lagBytesOf(reply, this.#primary);
    entry.isRefused = false;
    entry.wasAsked = true;
    entry.isCurrent = true;
    return this.#decide();
  }

  /** There was no answer. */
  unanswered(entry: Entry): Decided {
    entry.wasAsked = true;
    entry.isCurrent = false;
    return this.#decide();
  }

  /** The endpoint refused a write with READONLY: it is no primary until it has been asked again. */
  refused(entry: Entry): Decided {
    entry.isRefused = true;
    return this.#decide();
  }

  #favour(endpoint: E | undefined): void {
    if (endpoint === this.#favourite) return;
    this.#favourite = endpoint;
    for (const entry of this.#entries.values()) entry.hasMoved = entry.said === undefined;
  }

  /** Gives every endpoint its role. */
  #decide(): Decided {
    const claims = [...this.#entries.values()];
    const favourite = this.#favourite && this.#entries.get(this.#favourite);
    let decision = decideRoles(claims, favourite);
    const isDispute = decision.claimants.length > 1 && this.#claimants < 2;
    if (isDispute) {
      for (const entry of claims) entry.wasAsked = false;
      decision = decideRoles(claims, favourite);
    }
    const { claimants, primary } = decision;
    this.#claimants = claimants.length;
    this.#primary = primary;
    // An endpoint that only answered first is no favourite.
    if (claimants.length === 1 && claims.every(({ wasAsked }) => wasAsked))
      this.#favour(this.endpoints[claims.indexOf(claimants[0] as Entry)]);
    this.#reportDispute(claimants, primary);
    const { hasChanged, allFollow } = assign(
      this.#instance,
      this.#entries,
      decision,
      this.#maxLagBytes,
      this.#report,
    );
    this.#allFollow = allFollow;
    return { hasChanged, isDispute };
  }

  #reportDispute(claimants: readonly Claim[], primary: Claim | undefined): void {
    const dispute = claimants.length < 2 ? "" : [primary, ...claimants].map((each) => each?.address).join();
    if (dispute !== "" && dispute !== this.#reported)
      this.#report({
        event: "disputed",
        instance: this.#instance,
        endpoints: claimants.map(({ address }) => address),
        kept: primary?.address,
      });
    this.#reported = dispute;
  }
}

function newEntry({ address, hint }: AskedEndpoint): Entry {
  return {
    address: address.toLowerCase(),
    hint,
    said: undefined,
    isCurrent: false,
    isRefused: false,
    hasMoved: true,
    wasAsked: false,
    isSilent: false,
    lagBytes: undefined,
    isPending: false,
  };
}

/**
 * How far a replica is behind, by what the primary said last. Taken when the replica answers and not again when the primary does: a newer
 * offset of the primary beside an older one of the replica would call lag what is only the time between two questions.
 */
function lagBytesOf(reply: RoleReply | undefined, primary: Claim | undefined): number | undefined {
  if (reply?.role !== "replica" || reply.offset === undefined || reply.offset < 0) return undefined;
  if (primary?.said?.role !== "primary" || primary.said.offset === undefined) return undefined;
  return Math.max(0, primary.said.offset - reply.offset);
}

/** The primary that a replica follows. */
function primaryNamed(said: RoleReply | undefined): string | undefined {
  return said?.role === "replica" ? said.primary : undefined;
}
