import type { Instance } from "@fleet/discovery";
import type { Router } from "@fleet/router";

import { EndpointTarget, type OpenOptions } from "./endpoint-target.ts";

export interface TargetsOptions {
  readonly router: Router<EndpointTarget>;
  readonly open: OpenOptions;
  /** How long a dropped endpoint's calls in flight are waited for. */
  readonly graceMs: number;
}

type ByUid = ReadonlyMap<string, EndpointTarget>;

/** The endpoints of the fleet, kept equal to what discovery knows. */
export class Targets {
  readonly #options: TargetsOptions;
  /** By the uid of the instance, then of the endpoint: the same server behind a new uid is another one to us. */
  #kept: ReadonlyMap<string, ByUid> = new Map();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: TargetsOptions) {
    this.#options = options;
  }

  /** The endpoints of one instance, in its own order. */
  of(instance: Instance): readonly EndpointTarget[] {
    return [...(this.#kept.get(instance.uid)?.values() ?? [])];
  }

  /**
   * Makes the targets what the instances are. First the router forgets what is gone, so that nothing new goes there; then its pools
   * finish what is in flight, and close.
   */
  reconcile(instances: Iterable<Instance>): void {
    const dropped = new Set<EndpointTarget>(this.#all());
    const kept = new Map<string, ByUid>();
    for (const instance of instances) {
      const before = this.#kept.get(instance.uid);
      const targets = new Map<string, EndpointTarget>();
      for (const endpoint of instance.endpoints) {
        let target = before?.get(endpoint.uid);
        if (target?.update(instance, endpoint) === true) dropped.delete(target);
        else target = new EndpointTarget(instance, endpoint, this.#options.open);
        targets.set(endpoint.uid, target);
      }
      kept.set(instance.uid, targets);
    }
    this.#kept = kept;
    this.#options.router.update([...this.#all()]);
    const { graceMs } = this.#options;
    for (const target of dropped) this.#close(target, graceMs);
    // Maintenance means no checks either: the breaker stays, the connections go.
    for (const target of this.#all()) if (target.state === "maintenance") this.#close(target, graceMs);
  }

  /** Destroys the connections of an endpoint whose replies cannot be trusted any more; the next call dials anew. */
  discard(target: EndpointTarget): void {
    this.#close(target, 0);
  }

  /** Closes every pool at once, and waits for those that are closing already. */
  async close(): Promise<void> {
    for (const target of this.#all()) this.#close(target, 0);
    await Promise.all(this.#closing);
  }

  *#all(): Generator<EndpointTarget> {
    for (const targets of this.#kept.values()) yield* targets.values();
  }

  #close(target: EndpointTarget, graceMs: number): void {
    if (target.openPool === undefined) return;
    const closing = target.closePool(graceMs).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
