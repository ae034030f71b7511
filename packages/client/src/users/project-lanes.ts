import type { RedisPool, UserLanes } from "@fleet/pool/ioredis";
import { type Clock, unref } from "@fleet/time";

import type { AclSettings } from "./acl-options.ts";
import { AclReconciler } from "./acl-reconciler.ts";

/** The connections that the commands of a call go over. */
export type Connections = Pick<RedisPool, "shared" | "exclusive" | "lane">;

export interface ProjectLanesOptions {
  readonly acl: AclSettings;
  readonly pool: RedisPool;
  readonly instance: string;
  readonly address: string;
  readonly clock: Clock;
}

/** The connections of projects to one endpoint: a shared lane for each, logged in as the project's own user. */
export class ProjectLanes {
  readonly #options: ProjectLanesOptions;
  readonly #reconciler: AclReconciler;
  /** In the order of their last use. */
  readonly #open = new Map<string, ProjectConnections>();
  readonly #closing = new Set<Promise<void>>();
  #timer: unknown;
  #closed = false;

  constructor(options: ProjectLanesOptions) {
    this.#options = options;
    this.#reconciler = new AclReconciler(options);
    this.#look();
  }

  get size(): number {
    return this.#open.size;
  }

  /** Those of a project; its lane is opened by the first call, and the least recently used one gives way where there are too many. */
  of(project: string, now: number): Connections {
    const found = this.#open.get(project);
    if (found !== undefined) {
      // Moved to the end once in a while, not for each command: the order need not be more exact than that.
      if (now - found.movedAt > 1000) this.#move(project, found, now);
      found.usedAt = now;
      return found;
    }
    for (const [other] of this.#open) {
      if (this.#open.size < this.#options.acl.maxUsers) break;
      this.#close(other);
    }
    const { pool } = this.#options;
    const lanes = pool.openUserLanes(() => this.#reconciler.credentials(project));
    const opened = new ProjectConnections(lanes, pool, now);
    this.#open.set(project, opened);
    return opened;
  }

  /** See `AclReconciler`. */
  repair(project: string): Promise<boolean> {
    return this.#reconciler.repair(project);
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer);
    for (const project of this.#open.keys()) this.#close(project, graceMs);
    await Promise.all(this.#closing);
  }

  #move(project: string, connections: ProjectConnections, now: number): void {
    this.#open.delete(project);
    this.#open.set(project, connections);
    connections.movedAt = now;
  }

  #close(project: string, graceMs = this.#options.acl.graceMs): void {
    const connections = this.#open.get(project);
    if (connections === undefined) return;
    this.#open.delete(project);
    this.#reconciler.forget(project);
    const closing = connections.close(graceMs).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #look(): void {
    const { clock, acl } = this.#options;
    this.#timer = unref(clock.setTimeout(() => void this.#round(), Math.min(acl.intervalMs, acl.idleMs)));
  }

  /** Closes what is idle, and compares the others, one after the other: the server has more to do than this. */
  async #round(): Promise<void> {
    const { clock, acl } = this.#options;
    // A copy: calls reorder them meanwhile.
    const open = [...this.#open];
    for (const [project, connections] of open) {
      if (this.#closed) return;
      if (clock.now() - connections.usedAt >= acl.idleMs && connections.inFlight === 0) this.#close(project);
      else if (clock.now() - connections.comparedAt >= acl.intervalMs) {
        connections.comparedAt = clock.now();
        // Where the server cannot be asked, the next dial or the next round does.
        await this.#reconciler.reconcile(project).catch(() => undefined);
      }
    }
    if (!this.#closed) this.#look();
  }
}

/** What is no lane of the project's own is the fleet's. */
class ProjectConnections implements Connections {
  readonly shared: RedisPool["shared"];
  readonly exclusive: RedisPool["exclusive"];
  readonly lane: RedisPool["lane"];
  usedAt: number;
  movedAt: number;
  comparedAt: number;
  readonly #lanes: UserLanes;

  constructor(lanes: UserLanes, pool: RedisPool, now: number) {
    this.#lanes = lanes;
    this.shared = lanes.shared;
    this.exclusive = pool.exclusive;
    const { shared, bulk } = lanes;
    this.lane = ((name) =>
      name === "shared" ? shared : name === "bulk" ? bulk : pool.lane(name)) as RedisPool["lane"];
    this.usedAt = now;
    this.movedAt = now;
    this.comparedAt = now;
  }

  get inFlight(): number {
    const { shared, bulk } = this.#lanes;
    return shared.stats.inFlight + bulk.stats.inFlight;
  }

  async close(graceMs: number): Promise<void> {
    const { shared, bulk } = this.#lanes;
    await Promise.all([shared.close({ graceMs }), bulk.close({ graceMs })]);
  }
}
