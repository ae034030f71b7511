import { ensure, hashOf, type Send, ServerCommands, usernameOf } from "@fleet/isolation/acl";
import { ConnectionError } from "@fleet/pool";
import { classify, type Credentials, type RedisPool } from "@fleet/pool/ioredis";
import type { Clock } from "@fleet/time";

import type { AclSettings } from "./acl-options.ts";
import { publishUser } from "./user-event.ts";

export interface ReconcilerOptions {
  readonly acl: AclSettings;
  /** Of the endpoint, as the user that the fleet logs in as. */
  readonly pool: Pick<RedisPool, "ready" | "shared">;
  readonly instance: string;
  /** `host:port`. */
  readonly address: string;
  readonly clock: Clock;
}

/** The least time between two repairs of one user: a caller that is refused again and again costs the server one look a second. */
const repairIntervalMs = 1000;

/**
 * Makes the users of one endpoint what they should be. Servers do not replicate users, and lose them in a restart, so each endpoint
 * is looked at before a project's connection to it is made, whenever that is: after a start, a restart, a failover, an upgrade.
 */
export class AclReconciler {
  readonly #options: ReconcilerOptions;
  readonly #send: Send;
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #repairedAt = new Map<string, number>();
  #commands: ServerCommands | undefined;
  /** The number of the fleet's connection that the commands were asked over: another server may answer the next one. */
  #askedOver = 0;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { shared } = options.pool;
    this.#send = (command) => shared.send(command);
  }

  /**
   * What the project's user logs in with, once the server is sure to know it.
   *
   * @throws ConnectionError where the server cannot be asked; AclForbiddenError, AclUnsupportedError, AclRefusedError.
   */
  async credentials(project: string): Promise<Credentials> {
    await this.reconcile(project);
    return {
      ...this.#login(project),
      // It was deleted between the look and the login.
      next: async () => ((await this.reconcile(project)) ? this.#login(project) : undefined),
    };
  }

  /** The server has refused the user. True where that was put right, so that another try is worth it. */
  async repair(project: string): Promise<boolean> {
    const now = this.#options.clock.now();
    if (now - (this.#repairedAt.get(project) ?? Number.NEGATIVE_INFINITY) < repairIntervalMs) {
      // A repair that runs is for all that were refused before it ends.
      return this.#running.get(project) ?? false;
    }
    this.#repairedAt.set(project, now);
    return this.reconcile(project);
  }

  /** Whether something had to be changed. Those that ask while it runs get the same answer. */
  reconcile(project: string): Promise<boolean> {
    let running = this.#running.get(project);
    if (running === undefined) {
      running = this.#reconcile(project).finally(() => this.#running.delete(project));
      this.#running.set(project, running);
    }
    return running;
  }

  forget(project: string): void {
    this.#repairedAt.delete(project);
  }

  async #reconcile(project: string): Promise<boolean> {
    const { acl, instance, address } = this.#options;
    const user = { project, passwords: this.#passwords(project).map(hashOf), scripts: acl.scripts };
    try {
      const step = await ensure(this.#send, user, await this.#known());
      if (step?.kind !== "set") return false;
      publishUser({ instance, endpoint: address, user: step.username, differences: step.differences });
      return true;
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  async #known(): Promise<ServerCommands> {
    const { pool } = this.#options;
    await pool.ready();
    const over = pool.shared.stats.dials;
    if (this.#commands === undefined || over !== this.#askedOver) {
      this.#commands = await ServerCommands.read(this.#send);
      this.#askedOver = over;
    }
    return this.#commands;
  }

  /** Nothing of the project's own was sent: what failed is the way to the server, as for a dial. */
  #unreachable(error: unknown): unknown {
    if (!classify(error).countsAsFailure) return error;
    const { message } = error as Error;
    return new ConnectionError(
      `${this.#options.instance}/${this.#options.address}`,
      "connect",
      `its users could not be looked at: ${message}`,
      "not-sent",
    );
  }

  #login(project: string): Credentials {
    return { username: usernameOf(project), password: this.#passwords(project)[0] as string };
  }

  #passwords(project: string): readonly string[] {
    return [this.#options.acl.password(project)].flat();
  }
}
