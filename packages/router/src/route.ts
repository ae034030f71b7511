import type { Refusal } from "./errors.ts";
import type { Slot } from "./slot.ts";
import type { Access, Target, Vacancy } from "./target.ts";

/** Candidates of one name and access, in a stable order, with the place where a turn-taking policy goes on. */
export class CandidateList<T extends Target> {
  readonly slots: readonly Slot<T>[];
  next: number;

  constructor(slots: readonly Slot<T>[], next: number) {
    this.slots = slots;
    this.next = slots.length === 0 ? 0 : next % slots.length;
  }
}

/** The targets that may take one kind of call to one name. */
interface Candidates<T extends Target> {
  readonly preferred: CandidateList<T>;
  /** Primaries of instances that read from replicas: asked when no preferred candidate is usable. */
  readonly fallback: CandidateList<T>;
}

/** One instance or group name. */
export interface Route<T extends Target> {
  /** The slots of each instance that has some. */
  readonly instances: readonly (readonly Slot<T>[])[];
  /** Why there are none, where there are none. */
  readonly vacancy: Vacancy["reason"];
  readonly read: Candidates<T>;
  readonly write: Candidates<T>;
}

/**
 * Builds the lists of one name from the slots of its instance, or of each instance of a group.
 *
 * Writes go to known primaries. Only an instance without any known primary may be written through its `unknown`
 * endpoints: a lone endpoint of a static list is its primary, and among several a replica answers READONLY and has
 * executed nothing. A replica is never written to.
 */
export function buildRoute<T extends Target>(
  instances: readonly (readonly Slot<T>[])[],
  before: Route<T> | undefined,
  random: () => number,
  vacancy: Vacancy["reason"] = "no-endpoints",
): Route<T> {
  const write: Slot<T>[] = [];
  const read: Slot<T>[] = [];
  const fallback: Slot<T>[] = [];
  for (const members of instances) {
    const role = writableRole(members);
    const replicaReady = members.some(({ target }) => target.role === "replica" && target.state === "ready");
    for (const slot of members) {
      const { target } = slot;
      if (target.state !== "ready") continue;
      const writable = target.role === role;
      if (writable) write.push(slot);
      if (target.reads === "any") read.push(slot);
      else if (target.reads === "replica" && target.role === "replica") read.push(slot);
      else if (target.reads === "replica" && replicaReady && writable) fallback.push(slot);
      else if (writable) read.push(slot);
    }
  }
  // Starts anywhere, or all processes of a deployment would send their first calls to the same target.
  const list = (members: readonly Slot<T>[], old: CandidateList<T> | undefined): CandidateList<T> =>
    new CandidateList(members, old?.next ?? Math.floor(random() * members.length));
  const none = new CandidateList<T>([], 0);
  return {
    instances,
    vacancy,
    write: { preferred: list(write, before?.write.preferred), fallback: none },
    read: {
      preferred: list(read, before?.read.preferred),
      fallback: fallback.length === 0 ? none : list(fallback, before?.read.fallback),
    },
  };
}

/** Why a route has no candidate. Had they been ready, would there be one? Then the state is the reason, else the roles. */
export function whyMissing<T extends Target>({ instances, vacancy }: Route<T>, access: Access): Refusal {
  if (instances.length === 0) return vacancy;
  const suitable = instances.flatMap((members) => {
    const role = writableRole(members);
    return members.filter(({ target }) => target.role === role || (access === "read" && mayRead(target)));
  });
  if (suitable.length === 0) return "no-primary";
  return suitable.some(({ target }) => target.state === "drain") ? "drain" : "maintenance";
}

function mayRead({ reads, role }: Target): boolean {
  return reads === "any" || (reads === "replica" && role === "replica");
}

function writableRole<T extends Target>(members: readonly Slot<T>[]): "primary" | "unknown" {
  return members.some(({ target }) => target.role === "primary") ? "primary" : "unknown";
}
