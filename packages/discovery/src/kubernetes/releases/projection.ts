import type { Conventions } from "../profiles/conventions.ts";
import type { EndpointRecord, PortRecord, ServiceRecord, SliceRecord } from "../profiles/objects.ts";
import { SharedStrings } from "../profiles/shared-strings.ts";
import { looksLikeRedis } from "./strangers.ts";

/** What of an object is read here. Nothing of it is sure but that it is JSON. */
interface RawObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly creationTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind?: string; readonly uid?: string }[];
  };
}

interface RawService extends RawObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly externalName?: string;
    readonly selector?: Readonly<Record<string, string>> | null;
    readonly ports?: readonly RawPort[];
  };
}

interface RawSlice extends RawObject {
  readonly addressType?: string;
  readonly ports?: readonly RawPort[] | null;
  readonly endpoints?: readonly RawEndpoint[] | null;
}

interface RawPort {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

interface RawEndpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: {
    readonly ready?: boolean | null;
    readonly serving?: boolean | null;
    readonly terminating?: boolean | null;
  };
  readonly zone?: string;
  readonly targetRef?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
}

const none: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Keeps of Services and EndpointSlices what is read later. The lists of ports, which most of them share, and the texts that many
 * repeat exist once.
 */
export class Projection {
  readonly #conventions: Conventions;
  readonly #strings = new SharedStrings();
  readonly #ports = new Map<string, readonly PortRecord[]>();

  constructor(conventions: Conventions) {
    this.#conventions = conventions;
  }

  /** A Service that a profile recognises, or that looks like Redis all the same; undefined else. */
  service(object: object): ServiceRecord | undefined {
    const { metadata = {}, spec = {} } = object as RawService;
    const { labels = {}, annotations = {} } = metadata;
    const { clusterIP, externalName, selector } = spec;
    const ports = this.#portsOf(spec.ports ?? []);
    const isRedisLike = looksLikeRedis(metadata.name ?? "", ports);
    if (!isRedisLike && !this.#conventions.mayBe(labels, ports)) return undefined;
    const record: ServiceRecord = {
      ...this.#identity(object),
      createdAt: Date.parse(metadata.creationTimestamp ?? "") || 0,
      labels: this.#texts(labels, () => true),
      annotations: this.#texts(annotations, (name) => this.#conventions.readsAnnotation(name)),
      type: this.#strings.of(spec.type ?? "ClusterIP"),
      ...(clusterIP !== undefined && { clusterIp: clusterIP }),
      ...(externalName !== undefined && { externalName }),
      ports,
      ...(selector && { selector: this.#texts(selector, () => true) }),
    };
    return isRedisLike || this.#conventions.releaseOf(record) !== undefined ? record : undefined;
  }

  /**
   * A slice of such a Service, or one that another program than the controller keeps: the controller's carry the labels of their
   * Service.
   */
  slice(object: object): SliceRecord | undefined {
    const { metadata = {}, ports } = object as RawSlice;
    const { labels = {} } = metadata;
    const byController =
      labels["endpointslice.kubernetes.io/managed-by"] === "endpointslice-controller.k8s.io";
    if (byController && !this.#conventions.mayBe(labels, this.#portsOf(ports ?? []))) return undefined;
    return this.#slice(object);
  }

  /** A slice of a Service that no profile recognises. */
  strangeSlice(object: object): SliceRecord | undefined {
    const { metadata = {}, ports } = object as RawSlice;
    const isKnown = this.#conventions.mayBe(metadata.labels ?? {}, this.#portsOf(ports ?? []));
    return isKnown ? undefined : this.#slice(object);
  }

  #slice(object: RawSlice): SliceRecord | undefined {
    const { metadata = {}, addressType = "IPv4", ports, endpoints } = object;
    const service = metadata.labels?.["kubernetes.io/service-name"];
    if (service === undefined) return undefined;
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === "Service")?.uid;
    return {
      ...this.#identity(object),
      service,
      ...(owner !== undefined && { owner }),
      addressType: this.#strings.of(addressType),
      ports: this.#portsOf(ports ?? []),
      endpoints: (endpoints ?? []).flatMap((endpoint) => this.#endpoint(endpoint)),
    };
  }

  #identity({ metadata }: RawObject): Pick<ServiceRecord, "uid" | "namespace" | "name"> {
    const { uid, namespace, name } = metadata ?? {};
    if (uid === undefined || namespace === undefined || name === undefined)
      throw new TypeError("an object without a name, a namespace or a uid");
    return { uid, namespace: this.#strings.of(namespace), name };
  }

  #texts(
    record: Readonly<Record<string, string>>,
    keep: (name: string) => boolean,
  ): Readonly<Record<string, string>> {
    let kept: Record<string, string> | undefined;
    for (const name in record) if (keep(name)) (kept ??= {})[name] = this.#strings.of(record[name]!);
    return kept ?? none;
  }

  #portsOf(ports: readonly RawPort[]): readonly PortRecord[] {
    const key = ports
      .map(({ name, port, protocol, appProtocol }) => `${name}:${port}:${protocol}:${appProtocol}`)
      .join();
    let records = this.#ports.get(key);
    if (records === undefined) {
      records = ports.map(({ name, port = Number.NaN, protocol, appProtocol }) => ({
        ...(name !== undefined && name !== "" && { name }),
        port,
        ...(protocol !== undefined && protocol !== "TCP" && { protocol }),
        ...(appProtocol !== undefined && appProtocol !== "" && { appProtocol }),
      }));
      if (this.#ports.size >= 1000) this.#ports.clear();
      this.#ports.set(key, records);
    }
    return records;
  }

  #endpoint({ addresses = [], conditions = {}, zone, targetRef }: RawEndpoint): readonly EndpointRecord[] {
    const [address] = addresses;
    if (address === undefined) return [];
    // What is not said counts as the API defines it: ready, serving as it is ready, and not terminating.
    const ready = conditions.ready ?? true;
    const { kind = "Pod", name, uid } = targetRef ?? {};
    return [
      {
        address,
        ready,
        serving: conditions.serving ?? ready,
        terminating: conditions.terminating ?? false,
        ...(zone !== undefined && zone !== "" && { zone: this.#strings.of(zone) }),
        ...(kind === "Pod" && name !== undefined && uid !== undefined && { pod: { name, uid } }),
      },
    ];
  }
}
