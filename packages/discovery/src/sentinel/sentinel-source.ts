import { complete } from "@fleet/options";
import { inBackground, systemClock } from "@fleet/time";

import { DiscoveryError } from "../errors.ts";
import type { Address } from "../instance/address-map.ts";
import { addressFault } from "../instance/address.ts";
import type { Condition } from "../instance/condition.ts";
import type { Instance } from "../instance/instance.ts";
import { keepEqual } from "../instance/keep-equal.ts";
import { ConditionSet } from "../source/condition-set.ts";
import { Delivery } from "../source/delivery.ts";
import type { InstanceSource, SourceSink, SourceStartOptions } from "../source/source.ts";
import type { SentinelAnswer } from "./sentinel-answer.ts";
import { sentinelInstances } from "./sentinel-instances.ts";
import type { FoundOptions } from "./sentinel-instances.ts";
import { SentinelLink } from "./sentinel-link.ts";
import { checkSentinelOptions, sentinelRules } from "./sentinel-options.ts";
import type { SentinelSourceOptions } from "./sentinel-options.ts";
import { viewOf } from "./sentinel-view.ts";
import type { SeenMaster } from "./sentinel-view.ts";

/**
 * The primaries that the sentinels of a set watch, with their replicas. All sentinels are listened to, so a failover is known when
 * the first of them knows; one that is away, hung, cut off or forgetful is overruled by the others. When none answers, or too few
 * to take something away, the last set stays and is reported.
 */
export class SentinelSource implements InstanceSource {
  readonly name: string;
  readonly #found: FoundOptions;
  readonly #delivery: Delivery;
  readonly #conditions: ConditionSet;
  readonly #newLink: (address: Address, id?: string) => SentinelLink;
  /** By announced address. Those that were configured are never forgotten. */
  readonly #links = new Map<string, SentinelLink>();
  readonly #configured: ReadonlySet<string>;
  #view: ReadonlyMap<string, SeenMaster> = new Map();
  #instances: readonly Instance[] | undefined;

  /**
   * @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION), InvalidInstancesError (FLEET_DISCOVERY_INVALID_INSTANCES) for
   * `credentials`, `tls` and `reads`.
   */
  constructor(options: SentinelSourceOptions) {
    checkSentinelOptions(options);
    const { sentinels, connect, addressMap = (address) => address } = options;
    const { clock = systemClock, random = Math.random } = options;
    const { name, resyncMs, answerTimeoutMs } = complete<
      Pick<SentinelSourceOptions, "name" | "resyncMs" | "answerTimeoutMs">
    >(options, sentinelRules);
    const { masters, names, credentials, tls, reads } = options;
    this.name = name;
    this.#found = { source: name, masters, names, credentials, tls, reads };
    const owner = {
      clock: inBackground(clock),
      random,
      resyncMs,
      answerTimeoutMs,
      connect: (address: Address) => connect(addressMap(address)),
      changed: () => this.#changed(),
    };
    this.#newLink = (address, id) => new SentinelLink(address, owner, id);
    for (const address of sentinels) this.#links.set(keyOf(address), this.#newLink(address));
    this.#configured = new Set(this.#links.keys());
    this.#conditions = new ConditionSet(name);
    this.#delivery = new Delivery(name);
    const stop = (): void => this.#links.forEach((link) => link.close());
    this.#delivery.signal.addEventListener("abort", stop, { once: true });
  }

  /**
   * `SentinelUnreachable`, `SentinelsDisagree`, `NoQuorum`, `PrimaryDown`, `ReplicaDown`, `UnknownMaster`, `InvalidName`,
   * `NameTaken`, `RefusedAddress`.
   */
  get conditions(): readonly Condition[] {
    return this.#conditions.all;
  }

  start(sink: SourceSink, options: SourceStartOptions): Promise<void> {
    return this.#delivery.begin(sink, options, () => {
      for (const link of this.#links.values()) void link.open();
    });
  }

  close(): Promise<void> {
    this.#delivery.end();
    return Promise.resolve();
  }

  /** A sentinel has answered, or does not answer any more. */
  #changed(): void {
    const answers = this.#answers;
    this.#learn(answers);
    this.#conditions.replace("sentinels", this.#unreachable());
    const isMajority = this.#isMajority(answers);
    const undecided = [...this.#links.values()].some(
      ({ answer, failure }) => answer === undefined && failure === undefined,
    );
    // The first set waits until most have answered: a single one may be the one that was cut off.
    if (this.#instances === undefined && !isMajority && undecided) return;
    if (answers.length === 0) return this.#delivery.fail(this.#silence());
    this.#view = viewOf(answers, this.#view, isMajority);
    const { instances, conditions } = sentinelInstances([...this.#view.values()], this.#found);
    this.#conditions.replace("masters", conditions);
    this.#instances = keepEqual(this.#instances, instances);
    this.#delivery.replace(this.#instances);
    const kept = [...this.#view.values()].filter((master) => master.kept);
    if (kept.length > 0) this.#delivery.fail(this.#minority(answers, kept));
  }

  /** What the sentinels say now, each once: two addresses may lead to one of them. */
  get #answers(): readonly SentinelAnswer[] {
    const links = [...this.#links.values()];
    const told = links.flatMap(({ answer }) => (answer === undefined ? [] : [answer]));
    return [...new Map(told.map((answer) => [answer.id, answer])).values()];
  }

  #isMajority(answers: readonly SentinelAnswer[]): boolean {
    const known = new Set([...this.#links].map(([key, { id }]) => id ?? key));
    return 2 * answers.length > known.size;
  }

  /**
   * Links to sentinels that are named for the first time, none any more to those that no sentinel names, or all call down: their
   * addresses may belong to another process by now.
   */
  #learn(answers: readonly SentinelAnswer[]): void {
    const heard = new Set(answers.map(({ id }) => id));
    const named = Map.groupBy(
      answers.flatMap(({ others }) => others),
      keyOf,
    );
    const isOut = (key: string): boolean => named.get(key)?.every(({ down }) => down) ?? true;
    if (this.#isMajority(answers))
      for (const [key, link] of this.#links) {
        if (link.answer !== undefined || this.#configured.has(key) || !isOut(key)) continue;
        link.close();
        this.#links.delete(key);
      }
    const conditions: Condition[] = [];
    for (const [key, [told]] of named) {
      const { host, port, id } = told!;
      if (this.#links.has(key) || heard.has(id)) continue;
      const fault = isOut(key) ? "the other sentinels call it down" : addressFault({ host, port });
      if (fault === undefined) {
        const link = this.#newLink({ host, port }, id);
        this.#links.set(key, link);
        void link.open();
      } else conditions.push({ reason: "SentinelUnreachable", object: `sentinel ${key}`, message: fault });
    }
    this.#conditions.replace("others", conditions);
  }

  #unreachable(): readonly Condition[] {
    return [...this.#links].flatMap(([key, { failure }]) =>
      failure === undefined
        ? []
        : [{ reason: "SentinelUnreachable", object: `sentinel ${key}`, message: failure }],
    );
  }

  #silence(): DiscoveryError {
    const reasons = this.#unreachable().map(({ object, message }) => `${object}: ${message}`);
    return new DiscoveryError(
      "FLEET_DISCOVERY_SENTINEL_UNREACHABLE",
      `None of the sentinels answers\n${reasons.join("\n")}`,
      { source: this.name },
    );
  }

  #minority(answers: readonly SentinelAnswer[], kept: readonly SeenMaster[]): DiscoveryError {
    const names = kept.map(({ name }) => JSON.stringify(name)).join(", ");
    return new DiscoveryError(
      "FLEET_DISCOVERY_SENTINEL_MINORITY",
      `${answers.length} of ${this.#links.size} sentinels answer, too few to take something away; kept as they were: ${names}`,
      { source: this.name },
    );
  }
}

function keyOf({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
