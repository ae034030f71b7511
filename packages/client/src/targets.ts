import type { Instance, InstanceChange } from "@fleet/discovery";
import type { Router, Vacancy } from "@fleet/router";
import type { Roles } from "@fleet/topology";

import { EndpointTarget } from "./endpoints/endpoint-target.ts";
import type { OpenOptions } from "./endpoints/open-options.ts";
import type { Failovers } from "./walk/failover.ts";

export interface TargetsOptions {
  readonly router: Router<EndpointTarget>;
  readonly roles: Pick<Roles<EndpointTarget>, "set" | "close">;
  readonly failovers: Pick<Failovers, "begin" | "over">;
  readonly open: OpenOptions<EndpointTarget>;
  /** How long a dropped endpoint's calls in flight are waited for. */
  readonly graceMs: number;
}

interface Kept {
  readonly instance: Instance;
  /** By the uid of the endpoint. */
  readonly targets: ReadonlyMap<string, EndpointTarget>;
  /** Whether one of them may be written to, by its role. */
  readonly isWritable: boolean;
}

/** Instances by name; undefined where there is none any more. */
type Changes = ReadonlyMap<string, Instance | undefined>;

/** The endpoints of the fleet, kept equal to what discovery knows. A change costs what changes. */
export class Targets {
  readonly #options: TargetsOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #closing = new Set<Promise<void>>();
  #pending = new Map<string, Instance | undefined>();
  #closed = false;

  constructor(options: TargetsOptions) {
    this.#options = options;
  }

  /** The endpoints of one instance, in its own order. */
  of({ name, uid }: Instance): readonly EndpointTarget[] {
    const kept = this.#kept.get(name);
    return kept?.instance.uid === uid ? [...kept.targets.values()] : [];
  }

  /** Those that may be dialed, of all instances. */
  get all(): readonly EndpointTarget[] {
    return [...this.#kept.values()]
      .flatMap(({ targets }) => [...targets.values()])
      .filter(({ state }) => state !== "maintenance");
  }

  /** Takes a change over, at the end of this turn and together with others: five hundred changes of one sync rebuild their group once. */
  note({ type, instance }: InstanceChange): void {
    this.#later(instance.name, type === "removed" ? undefined : instance);
  }

  /** The roles of the endpoints of one instance have changed. */
  reroute(name: string): void {
    const kept = this.#kept.get(name);
    if (kept !== undefined && !this.#pending.has(name)) this.#later(name, kept.instance);
  }

  /**
   * Makes the targets of these names what the instances are. First the router forgets what is gone, so that nothing new goes there;
   * then its pools finish what is in flight, and close.
   */
  apply(changes: Changes): void {
    const { router, roles, failovers, graceMs } = this.#options;
    const routes = new Map<string, readonly EndpointTarget[] | Vacancy>();
    const closing = new Set<EndpointTarget>();
    for (const [name, instance] of changes) {
      const before = this.#kept.get(name);
      for (const target of before?.targets.values() ?? []) closing.add(target);
      this.#keep(name, instance, before);
      const targets = [...(this.#kept.get(name)?.targets.values() ?? [])];
      // Maintenance means no checks either: the breaker stays, the connections go.
      for (const target of targets) if (target.state !== "maintenance") closing.delete(target);
      roles.set(name, targets);
      routes.set(name, instance === undefined || targets.length > 0 ? targets : vacancyOf(instance));
    }
    router.replace(routes);
    for (const name of changes.keys()) if (this.#kept.get(name)?.isWritable !== false) failovers.over(name);
    for (const target of closing) this.#close(target, graceMs);
  }

  /** Destroys the connections of an endpoint whose replies no longer match their commands; the next call dials anew. */
  discard(target: EndpointTarget): void {
    this.#close(target, 0);
  }

  /** The next call dials anew; those in flight finish where they are. */
  redial(target: EndpointTarget): void {
    this.#close(target, this.#options.graceMs);
  }

  /** Closes every pool at once, and waits for those that are closing already. Nothing is taken over afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.roles.close();
    for (const { targets } of this.#kept.values())
      for (const target of targets.values()) this.#close(target, 0);
    await Promise.all(this.#closing);
  }

  #later(name: string, instance: Instance | undefined): void {
    if (this.#pending.size === 0)
      queueMicrotask(() => {
        const changes = this.#pending;
        this.#pending = new Map();
        if (!this.#closed) this.apply(changes);
      });
    this.#pending.set(name, instance);
  }

  #keep(name: string, instance: Instance | undefined, before: Kept | undefined): void {
    if (instance === undefined) {
      this.#kept.delete(name);
      return;
    }
    const targets = this.#targetsOf(instance, before);
    const isWritable = [...targets.values()].some(({ role }) => role !== "replica");
    this.#kept.set(name, { instance, targets, isWritable });
    if (before?.isWritable === true && !isWritable) this.#options.failovers.begin(name);
  }

  /** A new uid, of the instance or of the endpoint, makes another target, even of the same address. */
  #targetsOf(instance: Instance, before: Kept | undefined): ReadonlyMap<string, EndpointTarget> {
    const same = before?.instance.uid === instance.uid ? before.targets : undefined;
    const targets = new Map<string, EndpointTarget>();
    // The slots of a cluster are not followed: an endpoint of it would answer MOVED for most keys.
    if (instance.cluster === true) return targets;
    for (const endpoint of instance.endpoints) {
      const target = same?.get(endpoint.uid);
      const stays = target?.update(instance, endpoint) === true;
      targets.set(endpoint.uid, stays ? target : new EndpointTarget(instance, endpoint, this.#options.open));
    }
    return targets;
  }

  #close(target: EndpointTarget, graceMs: number): void {
    if (target.openPool === undefined) return;
    const closing = target.closePool(graceMs).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

function vacancyOf({ cluster, group }: Instance): Vacancy {
  return { reason: cluster === true ? "cluster" : "no-endpoints", ...(group !== undefined && { group }) };
}
