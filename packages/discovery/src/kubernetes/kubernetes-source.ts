import { backoff, inBackground, sleep, systemClock, TimeSlice, type Clock } from "@fleet/time";

import type { Condition } from "../instance/condition.ts";
import type { Instance } from "../instance/instance.ts";
import { ConditionSet } from "../source/condition-set.ts";
import { Delivery } from "../source/delivery.ts";
import type { ResourceStats } from "../source/resource-stats.ts";
import type { InstanceSource, SourceSink, SourceStartOptions } from "../source/source.ts";
import { ApiServer } from "./api/api-server.ts";
import { checkKubernetesOptions, resolveProfiles } from "./kubernetes-options.ts";
import type { KubernetesSourceOptions } from "./kubernetes-options.ts";
import { NamespaceWatch } from "./namespace-watch.ts";
import { Conventions } from "./profiles/conventions.ts";
import type { DefaultCredentials } from "./releases/credentials.ts";
import { findByImage } from "./releases/image-search.ts";
import { Projection } from "./releases/projection.ts";
import { Releases } from "./releases/releases.ts";
import { byNameOfService, unrecognised } from "./releases/strangers.ts";
import type { UnrecognisedService } from "./releases/strangers.ts";
import { Throttle } from "./throttle.ts";

/** Between two hand-overs, in milliseconds: what changes together is handed over together. */
const paceMs = 5;
/** How long translating may keep the event loop, in milliseconds. */
const sliceMs = 5;
/** Between two attempts to find out which namespaces to watch. */
const pauses = { minMs: 800, maxMs: 30_000 };
/** How many releases are translated between two looks at the clock. */
const releasesAtOnce = 20;

/**
 * The Redis instances that charts and operators run on Kubernetes, recognised by profiles. Watches Services and EndpointSlices and
 * nothing else. While the API server is away the last known fleet stays; it heals by itself.
 */
export class KubernetesSource implements InstanceSource {
  readonly name: string;
  readonly #options: KubernetesSourceOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #api: ApiServer;
  readonly #delivery: Delivery;
  readonly #conditions: ConditionSet;
  readonly #projection: Projection;
  readonly #releases: Releases;
  readonly #throttle: Throttle;
  #watches: readonly NamespaceWatch[] = [];
  #isWhole = false;
  #handedOver: readonly Instance[] | undefined;
  #closing: Promise<unknown> = Promise.resolve();

  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) */
  constructor(options: KubernetesSourceOptions = {}) {
    checkKubernetesOptions(options);
    const { api = {}, name = "kubernetes", names = "instance", clusterDomain } = options;
    const { clock = systemClock, random = Math.random } = options;
    this.name = name;
    this.#options = options;
    this.#clock = inBackground(clock);
    this.#random = random;
    this.#api = api instanceof ApiServer ? api : new ApiServer({ clock, ...api });
    this.#delivery = new Delivery(name);
    this.#conditions = new ConditionSet(name);
    const conventions = new Conventions(resolveProfiles(options.profiles));
    this.#projection = new Projection(conventions);
    this.#releases = new Releases({
      conventions,
      conditions: this.#conditions,
      names,
      clusterDomain,
      defaultCredentials: defaultsFor(options),
    });
    this.#throttle = new Throttle({ clock: this.#clock, ms: paceMs, work: () => this.#refresh() });
    const stop = (): void => void (this.#closing = this.#stop());
    this.#delivery.signal.addEventListener("abort", stop, { once: true });
  }

  /** What was skipped and why, by the reasons that the README lists. */
  get conditions(): readonly Condition[] {
    return this.#conditions.all;
  }

  /** Conditions that another reader of the same cluster found, by what causes them; what the cause said before is replaced. */
  report(cause: string, conditions: readonly Condition[]): void {
    this.#conditions.replace(cause, conditions);
  }

  /** Services that look like Redis and that no profile recognises, by namespace and name, each with what takes it in. */
  get unrecognised(): readonly UnrecognisedService[] {
    return this.#releases.unrecognised;
  }

  /**
   * The same, and Services that only the image of their Pods shows to be Redis. The server is asked for that: a list of EndpointSlices,
   * and one Pod of each Service that is not known otherwise. Pods that may not be read are passed over.
   *
   * @throws ApiError where the server does not answer.
   */
  async findUnrecognised({
    signal,
  }: {
    readonly signal: AbortSignal;
  }): Promise<readonly UnrecognisedService[]> {
    const named = this.unrecognised;
    const known = new Set(named.map(({ namespace, service }) => `${namespace}/${service}`));
    const pods = new Set(
      this.#releases.instances.flatMap(({ endpoints }) => endpoints.map(({ uid }) => uid)),
    );
    const found = await findByImage({
      api: this.#api,
      namespaces: await this.#namespaces(signal),
      labelSelector: this.#options.labelSelector,
      strange: (object) => {
        const slice = this.#projection.strangeSlice(object);
        if (slice === undefined) return undefined;
        const { namespace, service, endpoints } = slice;
        const isKnown =
          this.#releases.has(namespace, service) ||
          known.has(`${namespace}/${service}`) ||
          endpoints.some(({ pod }) => pod !== undefined && pods.has(pod.uid));
        return isKnown ? undefined : slice;
      },
      signal,
    });
    const byImage = found.map(({ slice: { namespace, service: name, ports }, image }) => ({
      ...unrecognised({ namespace, name, ports }),
      image,
    }));
    return [...named, ...byImage].toSorted(byNameOfService);
  }

  /** Services and EndpointSlices, of each namespace on its own. */
  get resources(): readonly ResourceStats[] {
    return this.#watches.flatMap(({ resources }) => resources);
  }

  start(sink: SourceSink, options: SourceStartOptions): Promise<void> {
    return this.#delivery.begin(sink, options, () => void this.#open());
  }

  async close(): Promise<void> {
    this.#delivery.end();
    await this.#closing;
  }

  /** Reads where to look until that is known: a kubeconfig may come late, or say something that cannot be. */
  async #open(): Promise<void> {
    const { signal } = this.#delivery;
    for (let attempt = 0; !signal.aborted; attempt += 1)
      try {
        const namespaces = await this.#namespaces(signal);
        if (signal.aborted) return;
        this.#watches = namespaces.map((namespace) => this.#watch(namespace));
        for (const watch of this.#watches) watch.open();
        return;
      } catch (error) {
        this.#delivery.fail(error);
        await sleep(this.#clock, backoff(attempt, { ...pauses, random: this.#random }), signal);
      }
  }

  /** Undefined is everywhere. */
  async #namespaces(signal: AbortSignal): Promise<readonly (string | undefined)[]> {
    const { namespaces } = this.#options;
    if (namespaces === "*") return [undefined];
    return namespaces === undefined ? [await this.#api.namespace({ signal })] : [...new Set(namespaces)];
  }

  #watch(namespace: string | undefined): NamespaceWatch {
    return new NamespaceWatch({
      ...this.#options,
      api: this.#api,
      source: this.name,
      namespace,
      clock: this.#clock,
      random: this.#random,
      projection: this.#projection,
      releases: this.#releases,
      conditions: this.#conditions,
      changed: () => this.#changed(),
      synced: () => this.#synced(),
      // Services without their slices, for as long as the pause of the one happens to be longer, would be half the truth.
      recovered: () => {
        for (const watch of this.#watches) watch.hurry();
      },
      failed: (error) => this.#failed(error),
    });
  }

  #changed(): void {
    if (this.#isWhole) this.#throttle.ask();
  }

  /** A set was proved to be current. A set that may not be read is reported, and no reason not to serve the others. */
  #synced(): void {
    this.#isWhole ||=
      this.#watches.some(({ hasSynced }) => hasSynced) &&
      this.#watches.every(({ hasSynced, isForbidden }) => hasSynced || isForbidden);
    this.#changed();
  }

  #failed(error: unknown): void {
    this.#delivery.fail(error);
    if (!this.#isWhole) this.#synced();
  }

  async #refresh(): Promise<void> {
    try {
      const slice = new TimeSlice(this.#clock, sliceMs);
      while (this.#releases.marked > 0) {
        this.#releases.refresh(releasesAtOnce);
        if (!slice.isOver) continue;
        await slice.next();
        if (this.#delivery.signal.aborted) return;
      }
    } catch (error) {
      // It would be a fault of ours; the other releases are translated all the same.
      this.#delivery.fail(error);
      this.#throttle.ask();
      return;
    }
    const { instances } = this.#releases;
    const { failure } = this.#watches.find((watch) => watch.failure !== undefined) ?? {};
    // The same list says that it is still current, so while something fails only a new one is handed over.
    if (failure === undefined || instances !== this.#handedOver)
      this.#delivery.replace(instances, failure && { failure });
    this.#handedOver = instances;
  }

  async #stop(): Promise<void> {
    this.#throttle.stop();
    await Promise.all(this.#watches.map((watch) => watch.close()));
    if (this.#api !== this.#options.api) await this.#api.close();
  }
}

/** Which namespaces' instances may have the default credentials. */
function defaultsFor({
  defaultCredentials,
  namespaces,
}: KubernetesSourceOptions): (namespace: string) => DefaultCredentials | "withheld" | undefined {
  if (defaultCredentials === undefined) return () => undefined;
  const listed = new Set(defaultCredentials.namespaces ?? (Array.isArray(namespaces) ? namespaces : []));
  return (namespace) => (listed.has(namespace) ? defaultCredentials : "withheld");
}
