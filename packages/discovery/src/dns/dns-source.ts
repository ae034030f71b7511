import { Resolver } from "node:dns/promises";

import { backoff, inBackground, systemClock, type BackoffOptions, type Clock } from "@fleet/time";

import { completeInstance } from "../instance/complete-instance.ts";
import type { Condition } from "../instance/condition.ts";
import type { Instance } from "../instance/instance.ts";
import { keepEqual } from "../instance/keep-equal.ts";
import { ConditionSet } from "../source/condition-set.ts";
import { Delivery } from "../source/delivery.ts";
import type { InstanceSource, SourceSink, SourceStartOptions } from "../source/source.ts";
import { DnsLookup } from "./dns-lookup.ts";
import { completeDnsOptions, namedInstances } from "./dns-options.ts";
import type { DnsSourceOptions } from "./dns-options.ts";

/** An instance and what is known of it. */
interface Looked {
  readonly template: Instance;
  readonly lookup: DnsLookup;
  /** Rounds in a row that did not say how long their answer holds. */
  fruitless: number;
  isTried: boolean;
  timer: unknown;
}

/**
 * Instances whose endpoints DNS knows, asked again whenever an answer's time is over. A failed question changes nothing; a name
 * that is denied keeps its endpoints until the servers have gone on denying it for a while.
 */
export class DnsSource implements InstanceSource {
  readonly name: string;
  readonly #clock: Clock;
  /** How long an answer holds at least and at most, and so the pauses while there is none. */
  readonly #pauses: BackoffOptions;
  readonly #delivery: Delivery;
  readonly #conditions: ConditionSet;
  readonly #looked: readonly Looked[];
  #instances: readonly Instance[] | undefined;

  /**
   * @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION), InvalidInstancesError (FLEET_DISCOVERY_INVALID_INSTANCES) with
   * every fault of `instances`.
   */
  constructor(options: DnsSourceOptions) {
    const { name, family, minTtlMs, maxTtlMs, goneAfterMs, timeoutMs, ...rest } = completeDnsOptions(options);
    const { random = Math.random } = rest;
    const clock = inBackground(options.clock ?? systemClock);
    this.name = name;
    this.#clock = clock;
    this.#pauses = { minMs: minTtlMs, maxMs: maxTtlMs, random };
    this.#conditions = new ConditionSet(name);
    this.#delivery = new Delivery(name);
    const { signal } = this.#delivery;
    const resolver = options.resolver ?? ownResolver(signal);
    const owner = { source: name, resolver, clock, signal, family, timeoutMs, goneAfterMs };
    this.#looked = namedInstances(options.instances).map(({ template, name }) => ({
      template,
      lookup: new DnsLookup(name, owner),
      fruitless: 0,
      isTried: false,
      timer: undefined,
    }));
    const stop = (): void => this.#looked.forEach(({ timer }) => clock.clearTimeout(timer));
    signal.addEventListener("abort", stop, { once: true });
  }

  /** `LookupFailed`, `NoRecords`, `RefusedAddress`, `LowerPriority`, `WeightIgnored`. */
  get conditions(): readonly Condition[] {
    return this.#conditions.all;
  }

  start(sink: SourceSink, options: SourceStartOptions): Promise<void> {
    return this.#delivery.begin(sink, options, () => {
      if (this.#looked.length === 0) this.#delivery.replace([]);
      for (const looked of this.#looked) void this.#look(looked);
    });
  }

  close(): Promise<void> {
    this.#delivery.end();
    return Promise.resolve();
  }

  async #look(looked: Looked): Promise<void> {
    const { lookup } = looked;
    await lookup.refresh();
    if (this.#delivery.signal.aborted) return;
    looked.isTried = true;
    looked.timer = this.#clock.setTimeout(() => void this.#look(looked), this.#pauseMs(looked));
    this.#conditions.replace(looked.template.uid, lookup.conditions);
    this.#handOver(lookup);
  }

  /** How long an answer holds; without one, a growing pause. */
  #pauseMs(looked: Looked): number {
    const { ttlMs, error } = looked.lookup;
    if (ttlMs === undefined || error !== undefined) {
      looked.fruitless += 1;
      return backoff(looked.fruitless - 1, this.#pauses);
    }
    looked.fruitless = 0;
    return Math.min(Math.max(ttlMs, this.#pauses.minMs), this.#pauses.maxMs);
  }

  /** Hands over what all lookups know, once each was tried and one knows something. */
  #handOver(latest: DnsLookup): void {
    const before = this.#instances;
    const isKnown = this.#looked.some(({ lookup }) => lookup.endpoints !== undefined);
    const failing = this.#looked.find(({ lookup }) => lookup.error !== undefined)?.lookup.error;
    if (isKnown && this.#looked.every(({ isTried }) => isTried)) {
      this.#instances = keepEqual(before, this.#looked.map(instanceOf));
      // While a name fails, an unchanged set is no sign of life.
      if (failing === undefined || this.#instances !== before)
        this.#delivery.replace(this.#instances, failing && { failure: failing });
    }
    if (latest.error !== undefined) this.#delivery.fail(latest.error);
  }
}

function instanceOf({ template, lookup }: Looked): Instance {
  return completeInstance({ ...template, endpoints: lookup.endpoints ?? [] });
}

/** Closed with the source, since it was opened by it: what is still on its way is cancelled. */
function ownResolver(signal: AbortSignal): Resolver {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  signal.addEventListener("abort", () => resolver.cancel(), { once: true });
  return resolver;
}
