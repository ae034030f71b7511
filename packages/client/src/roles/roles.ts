import type { EndpointTarget } from "../endpoints/endpoint-target.ts";
import { Gate } from "./gate.ts";
import { InstanceRoles, type RolesOptions } from "./instance-roles.ts";

/** How many endpoints are dialled at a time only to be asked for their role. */
const dialsAtOnce = 16;

/**
 * Who is primary and who is replica, from Redis itself. Asks over the connections that the calls use, never on their way, and gives
 * each endpoint its role. Nothing here rejects, and after `close()` nothing is asked.
 */
export class Roles {
  readonly #options: RolesOptions;
  readonly #dials = new Gate(dialsAtOnce);
  readonly #instances = new Map<string, InstanceRoles>();
  #closed = false;

  constructor(options: RolesOptions) {
    this.#options = options;
  }

  /** The endpoints of one instance, from now on; none forgets it. */
  set(instance: string, targets: readonly EndpointTarget[]): void {
    if (this.#closed) return;
    let roles = this.#instances.get(instance);
    if (targets.length === 0) {
      roles?.close();
      this.#instances.delete(instance);
      return;
    }
    if (roles === undefined) {
      roles = new InstanceRoles(instance, this.#options, this.#dials);
      this.#instances.set(instance, roles);
    }
    roles.set(targets);
  }

  /** A first call has opened its pool. */
  used(target: EndpointTarget): void {
    this.#instances.get(target.instance)?.used(target);
  }

  /** It answered a write with READONLY: it is no primary until it was asked. Resolves when a primary is known or all were asked. */
  refused(target: EndpointTarget): Promise<void> {
    return this.#instances.get(target.instance)?.refused(target) ?? Promise.resolve();
  }

  /** A call found it gone, hung or sick. */
  doubted(target: EndpointTarget): void {
    this.#instances.get(target.instance)?.doubted();
  }

  close(): void {
    this.#closed = true;
    for (const roles of this.#instances.values()) roles.close();
    this.#instances.clear();
  }
}
