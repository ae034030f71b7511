import { within, type Clock } from "@fleet/time";

import { DiscoveryError } from "../errors.ts";
import type { Address } from "../instance/address-map.ts";
import { addressFault } from "../instance/address.ts";
import type { Condition } from "../instance/condition.ts";
import { recordsOf } from "./dns-resolver.ts";
import type { AddressRecord, DnsResolver, ServiceRecord } from "./dns-resolver.ts";
import { HeldRecords } from "./held-records.ts";

/** What is looked up for an instance: the addresses of a host, or of the targets of a service. */
export type DnsName =
  | { readonly host: string; readonly port: number; readonly srv?: undefined }
  | { readonly srv: string };

/** What all lookups of one source have in common. */
export interface LookupOwner {
  readonly source: string;
  readonly resolver: DnsResolver;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly family: 4 | 6 | "any";
  readonly timeoutMs: number;
  readonly goneAfterMs: number;
}

interface Found extends Address {
  /** Seconds. */
  readonly ttl: number;
}

/** What one round of questions has to say beside addresses. */
interface Round {
  readonly conditions: Condition[];
  /** The first thing that went wrong. */
  error: DiscoveryError | undefined;
}

/** Where the endpoints of one instance are, as DNS says. */
export class DnsLookup {
  readonly #name: DnsName;
  readonly #owner: LookupOwner;
  readonly #services: HeldRecords<ServiceRecord>;
  readonly #hosts = new Map<string, HeldRecords<AddressRecord>>();
  /** The last one that has ended, and the one under way. */
  #ended: Round = { conditions: [], error: undefined };
  #round: Round = this.#ended;
  #endpoints: readonly Address[] | undefined;
  #ttlMs: number | undefined;

  constructor(name: DnsName, owner: LookupOwner) {
    this.#name = name;
    this.#owner = owner;
    this.#services = new HeldRecords(owner.goneAfterMs);
  }

  /** In a fixed order; undefined until something is known. */
  get endpoints(): readonly Address[] | undefined {
    return this.#endpoints;
  }

  /** For how long the last answer holds; undefined when there was none, or none that says. */
  get ttlMs(): number | undefined {
    return this.#ttlMs;
  }

  /** What went wrong the last time. */
  get error(): DiscoveryError | undefined {
    return this.#ended.error;
  }

  get conditions(): readonly Condition[] {
    return this.#ended.conditions;
  }

  /** Asks once more. What goes wrong is in `error` and `conditions`. */
  async refresh(): Promise<void> {
    this.#round = { conditions: [], error: undefined };
    const name = this.#name;
    const found = await (name.srv === undefined ? this.#addresses([name]) : this.#targets(name.srv));
    if (found !== undefined) this.#take(found);
    this.#ended = this.#round;
  }

  #take(found: readonly Found[]): void {
    this.#ttlMs = found.length === 0 ? undefined : 1000 * Math.min(...found.map(({ ttl }) => ttl));
    const allowed = new Map<string, Address>();
    for (const { host, port } of found) {
      const fault = addressFault({ host, port });
      if (fault === undefined) allowed.set(`${host} ${port}`, { host, port });
      else this.#say("RefusedAddress", `it leads to ${host} port ${port}, which ${fault}`);
    }
    this.#endpoints = [...allowed.keys()].toSorted().map((key) => allowed.get(key)!);
  }

  /** The targets of the lowest priority that has any. Undefined while nothing is known. */
  async #targets(srv: string): Promise<readonly Found[] | undefined> {
    await this.#ask(srv, this.#services, async () => {
      const records = await recordsOf(this.#owner.resolver.resolveSrv(srv));
      // A target of the root alone says that there is no such service (RFC 2782).
      return records.filter(({ name }) => !/^\.?$/.test(name));
    });
    const records = this.#services.records;
    for (const host of this.#hosts.keys())
      if (!records?.some(({ name }) => name === host)) this.#hosts.delete(host);
    if (records === undefined || records.length === 0) return records && [];
    const byPriority = Map.groupBy(records, ({ priority }) => priority);
    let found: readonly Found[] | undefined;
    for (const priority of [...byPriority.keys()].toSorted((a, b) => a - b)) {
      const targets = byPriority.get(priority)!;
      if (found !== undefined && found.length > 0)
        this.#say(
          "LowerPriority",
          `targets of priority ${priority} are not used while there are better ones`,
        );
      else {
        found = (await this.#addresses(targets.map(({ name, port }) => ({ host: name, port })))) ?? found;
        if (new Set(targets.map(({ weight }) => weight)).size > 1)
          this.#say(
            "WeightIgnored",
            `the targets of priority ${priority} have different weights and are used alike`,
          );
      }
    }
    return found;
  }

  /** The addresses of hosts, with the port of each. Undefined while nothing is known of any of them. */
  async #addresses(hosts: readonly Address[]): Promise<readonly Found[] | undefined> {
    const found = await Promise.all(
      hosts.map(async ({ host, port }) => {
        const held = this.#hosts.get(host) ?? new HeldRecords<AddressRecord>(this.#owner.goneAfterMs);
        this.#hosts.set(host, held);
        await this.#ask(host, held, () => this.#addressRecords(host));
        return held.records?.map(({ address, ttl }) => ({ host: address, port, ttl }));
      }),
    );
    const known = found.filter((one) => one !== undefined);
    return known.length === 0 ? undefined : known.flat();
  }

  async #addressRecords(host: string): Promise<readonly AddressRecord[]> {
    const { family, resolver } = this.#owner;
    const four = family === 6 ? [] : await recordsOf(resolver.resolve4(host, { ttl: true }));
    if (four.length > 0 || family === 4) return four;
    return recordsOf(resolver.resolve6(host, { ttl: true }));
  }

  async #ask<T>(name: string, held: HeldRecords<T>, question: () => Promise<readonly T[]>): Promise<void> {
    const { clock, timeoutMs, goneAfterMs } = this.#owner;
    try {
      held.answered(
        await within(question(), {
          ...this.#owner,
          ms: timeoutMs,
          late: () => new Error(`no answer within ${timeoutMs} ms`),
        }),
        clock.now(),
      );
    } catch (error) {
      held.failed();
      const reason = error instanceof Error ? error.message : "it threw something that is not an error";
      this.#say("LookupFailed", reason, name);
      this.#fail("FLEET_DISCOVERY_DNS_FAILED", `Looking up ${name} failed: ${reason}`);
      return;
    }
    if (held.state === "here") return;
    this.#say("NoRecords", "the servers say that there is no such record", name);
    if (held.state === "denied")
      this.#fail(
        "FLEET_DISCOVERY_DNS_NO_RECORDS",
        `The servers say that ${name} has no such record; that is believed once they have said so for ${goneAfterMs} ms`,
      );
  }

  #say(reason: string, message: string, name = "srv" in this.#name ? this.#name.srv : this.#name.host): void {
    this.#round.conditions.push({ reason, object: `name ${name}`, message });
  }

  #fail(code: DiscoveryError["code"], message: string): void {
    this.#round.error ??= new DiscoveryError(code, message, { source: this.#owner.source });
  }
}
