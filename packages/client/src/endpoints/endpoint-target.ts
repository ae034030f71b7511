import type { ConnectionOptions } from "node:tls";

import { CircuitBreaker } from "@fleet/breaker";
import type { Endpoint, Instance } from "@fleet/discovery";
import { classify, RedisPool } from "@fleet/pool/ioredis";
import type { Target } from "@fleet/router";
import {
  type AskedEndpoint,
  askRole,
  type Replication,
  type RoleReply,
  type Standing,
} from "@fleet/topology";

import { MissingCredentialsError } from "../errors.ts";
import type { CertificatesResolver, CredentialsResolver } from "../fleet-options.ts";
import type { Terms } from "../overrides.ts";
import { type Connections, ProjectLanes } from "../users/project-lanes.ts";
import { type Dialed, spokenTo } from "./dialed.ts";
import type { OpenOptions } from "./open-options.ts";
import { ranks, type Rank } from "./ranks.ts";
import { readTls } from "./read-tls.ts";

/**
 * One endpoint as the router sees it, with the breaker and the pool that its calls go through. Both are made by the first call, so
 * that ten thousand known endpoints cost nothing until they are used, and live as long as the endpoint: a changed role touches
 * neither.
 */
export class EndpointTarget implements Target, AskedEndpoint {
  readonly id: string;
  /** `<instance>/<host>:<port>`, the name of its pool and breaker. */
  readonly name: string;
  readonly instance: string;
  readonly address: string;
  declare group?: string;
  state: Instance["state"];
  reads: Instance["reads"];
  /** By its source, until `Roles` knows better. */
  role: Endpoint["role"];
  replication: Replication | undefined = undefined;
  standing: Standing = "follows";
  /** The endpoint is shutting down: called only when no other may answer. */
  leaving: boolean;
  /** The last error that counted against the endpoint: why its breaker opened. */
  failure: unknown = undefined;
  /** Of its instance. */
  readonly terms: Terms;
  /** Attempts under way. */
  inFlight = 0;
  /** When it last answered an attempt, by the clock of the walk. */
  answeredAt: number = Number.NEGATIVE_INFINITY;
  readonly #options: OpenOptions<EndpointTarget>;
  #instance: Instance;
  #endpoint: Endpoint;
  #pool: RedisPool | undefined;
  #users: ProjectLanes | undefined;
  #breaker: CircuitBreaker | undefined;
  #dialed: Dialed = {};
  #failedAt = Number.NEGATIVE_INFINITY;
  #lostAt = Number.NEGATIVE_INFINITY;

  constructor(instance: Instance, endpoint: Endpoint, options: OpenOptions<EndpointTarget>) {
    // No uid has a space in it, so no two pairs of them make the same.
    this.id = `${instance.uid} ${endpoint.uid}`;
    this.address = `${endpoint.host}:${endpoint.port}`;
    this.name = `${instance.name}/${this.address}`;
    this.instance = instance.name;
    this.#instance = instance;
    this.#endpoint = endpoint;
    this.#options = options;
    this.terms = options.terms.of(instance.name);
    this.state = instance.state;
    this.reads = instance.reads;
    this.role = endpoint.role;
    this.leaving = endpoint.leaving === true;
    if (instance.group !== undefined) this.group = instance.group;
  }

  /** How the endpoint was dialed last; empty before the first dial. */
  get dialed(): Dialed {
    return this.#dialed;
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /** The role by its source. */
  get hint(): Endpoint["role"] {
    return this.#endpoint.role;
  }

  /** False under maintenance: no calls, and no checks. */
  get isAskable(): boolean {
    return this.state !== "maintenance";
  }

  get isInUse(): boolean {
    return this.#pool !== undefined;
  }

  get isConnected(): boolean {
    return this.#pool !== undefined && this.#pool.shared.state !== "idle";
  }

  /** Undefined until the first call. */
  get openPool(): RedisPool | undefined {
    return this.#pool;
  }

  /** Undefined until the first call. */
  get openBreaker(): CircuitBreaker | undefined {
    return this.#breaker;
  }

  /** Takes over what changed. False, and nothing taken over, when the server is another one now, or is dialed in another way. */
  update(instance: Instance, endpoint: Endpoint): boolean {
    const { host, port } = this.#endpoint;
    const speaks = spokenTo(this.#instance);
    if (
      instance.name !== this.instance ||
      endpoint.host !== host ||
      endpoint.port !== port ||
      spokenTo(instance) !== speaks
    )
      return false;
    this.#instance = instance;
    this.#endpoint = endpoint;
    this.state = instance.state;
    this.reads = instance.reads;
    this.leaving = endpoint.leaving === true;
    if (instance.group === undefined) delete this.group;
    else this.group = instance.group;
    return true;
  }

  /** @throws MissingCredentialsError when the instance refers to secrets and the fleet has no resolver for them. */
  get pool(): RedisPool {
    return this.#pool ?? this.#open();
  }

  /** What the commands of a project go over: connections of its own user, where the fleet makes users. */
  connectionsOf(project: string, now: number): Connections {
    const { acl, clock } = this.#options;
    const { pool, instance, address } = this;
    if (acl === undefined) return pool;
    this.#users ??= new ProjectLanes({ acl, pool, instance, address, clock });
    return this.#users.of(project, now);
  }

  /** Undefined until the first call of a project. */
  get openUsers(): ProjectLanes | undefined {
    return this.#users;
  }

  get breaker(): CircuitBreaker {
    return (this.#breaker ??= new CircuitBreaker({
      ...this.terms.breaker,
      name: this.name,
      clock: this.#options.clock,
      random: this.#options.random,
    }));
  }

  /**
   * Whether the breaker lets a call pass. A dial or a health check that succeeded after the last failure ends the open time early, as
   * Envoy un-ejects a host on a successful active check; what follows is for the probes to show.
   */
  get admits(): boolean {
    const breaker = this.#breaker;
    if (breaker === undefined || breaker.allows()) return true;
    const healthyAt = this.#pool?.health.lastSuccessAt;
    if (healthyAt === undefined || healthyAt <= this.#failedAt) return false;
    breaker.checkSucceeded();
    return breaker.allows();
  }

  /** The tier of the endpoint now; a call goes to the lowest that there is. */
  get rank(): Rank {
    if (!this.reachable) return ranks.unreachable;
    if (this.standing !== "follows") return ranks.lastResort;
    return this.leaving ? ranks.leaving : ranks.fit;
  }

  /** False from a dial or a health check that failed to the next that succeeds. */
  get reachable(): boolean {
    const pool = this.#pool;
    return pool === undefined || (pool.shared.state !== "backoff" && pool.health.status !== "unhealthy");
  }

  /** An attempt failed in a way that counts against the server. */
  failed(at: number, error: unknown): void {
    this.#failedAt = at;
    this.failure = error;
  }

  /**
   * The shared connection was lost under an attempt, or could not be made. False when another attempt has reported the same loss: with a
   * hundred commands in flight a single reset would open any breaker, and use up any budget of retries.
   */
  lost(at: number, begunAt: number): boolean {
    if (begunAt < this.#lostAt) return false;
    this.#lostAt = at;
    return true;
  }

  async connect(): Promise<void> {
    await this.pool.ready();
  }

  async ask(timeoutMs: number): Promise<RoleReply | undefined> {
    const { shared } = this.pool;
    const deadline = this.#options.clock.now() + timeoutMs;
    return askRole({ send: (command) => shared.send(command, { deadline }), isRefusal });
  }

  /** Finishes what is in flight, then closes the pool. A later call opens another. */
  async closePool(graceMs: number): Promise<void> {
    const pool = this.#pool;
    const users = this.#users;
    this.#pool = undefined;
    this.#users = undefined;
    await Promise.all([users?.close(graceMs), pool?.close({ graceMs })]);
  }

  #open(): RedisPool {
    const { addressMap, clock, random } = this.#options;
    const announced = { host: this.#endpoint.host, port: this.#endpoint.port };
    const missing = this.#missing();
    if (missing !== undefined) throw missing;
    // Only these two: the object that a map gives may have more.
    const { host, port } = addressMap?.(announced) ?? announced;
    const opened = new RedisPool({
      ...this.terms.pool,
      name: this.name,
      host,
      port,
      clock,
      random,
      // Both are read anew at each dial, from the instance as it is then: rotated secrets and changed references need no restart.
      credentials: () => this.#credentials(),
      ...(this.#instance.tls && { tls: () => this.#tls(announced.host) }),
    });
    this.#pool = opened;
    this.#options.opened(this);
    return opened;
  }

  #missing(): MissingCredentialsError | undefined {
    const { credentials, certificates } = this.#options;
    const { name, credentials: reference, tls } = this.#instance;
    if (reference !== undefined && credentials === undefined)
      return new MissingCredentialsError(name, "credentials");
    if (tls?.secret !== undefined && tls.optional !== true && certificates === undefined)
      return new MissingCredentialsError(name, "certificates");
    return undefined;
  }

  async #credentials(): ReturnType<CredentialsResolver> {
    const instance = this.#instance;
    if (instance.credentials === undefined) return undefined;
    if (this.#options.credentials === undefined)
      throw new MissingCredentialsError(instance.name, "credentials");
    const { status, lastError } = this.#pool?.health ?? {};
    const isRefused = status === "unhealthy" && lastError === "FLEET_POOL_AUTHENTICATION";
    this.#dialed = { ...this.#dialed, place: undefined };
    const took = (place: string): void => {
      this.#dialed = { ...this.#dialed, place };
    };
    return this.#options.credentials(instance.credentials, instance, {
      isRefused,
      took,
      port: this.#endpoint.port,
    });
  }

  async #tls(host: string): Promise<ConnectionOptions | undefined> {
    const instance = this.#instance;
    const endpoint = this.#endpoint;
    const { certificates } = this.#options;
    const isLeftOut = instance.tls?.optional === true && certificates === undefined;
    const read = async (secret: string): ReturnType<CertificatesResolver> => {
      if (certificates === undefined) throw new MissingCredentialsError(instance.name, "certificates");
      return certificates(secret, instance, endpoint);
    };
    const options = isLeftOut ? undefined : await readTls(instance.tls ?? {}, host, read);
    this.#dialed = { ...this.#dialed, tls: options !== undefined };
    return options;
  }
}

/** The user may not call the command, or the server has none of this name. */
function isRefusal(error: unknown): boolean {
  const { outcome, recoverable, countsAsFailure } = classify(error);
  return outcome === "replied" && !recoverable && !countsAsFailure;
}
