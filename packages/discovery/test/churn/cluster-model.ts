import type { Condition, Instance } from "../../src/index.ts";
import { Conventions } from "../../src/kubernetes/profiles/conventions.ts";
import type { Profile } from "../../src/kubernetes/profiles/profile.ts";
import { profiles } from "../../src/kubernetes/profiles/profiles.ts";
import { Projection } from "../../src/kubernetes/releases/projection.ts";
import { Releases } from "../../src/kubernetes/releases/releases.ts";
import type { UnrecognisedService } from "../../src/kubernetes/releases/strangers.ts";
import type { TranslateOptions } from "../../src/kubernetes/releases/translate.ts";
import { ConditionSet } from "../../src/source/condition-set.ts";
import { zones } from "../kubernetes/kubernetes-fixtures.ts";
import type { Raw } from "../kubernetes/kubernetes-fixtures.ts";

interface Pod extends Raw {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
    }[];
  };
  readonly status: {
    readonly podIP: string;
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Service extends Raw {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly publishNotReadyAddresses?: boolean;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: number | string;
    }[];
  };
}

/** Objects with a uid each, and the slices that the endpointslice controller would make of them. */
export function reconciled(objects: readonly Raw[]): readonly Raw[] {
  const named = objects.map(withUid);
  const pods = named.filter((object): object is Pod => object.kind === "Pod");
  const services = named.filter((object): object is Service => object.kind === "Service");
  return [
    ...named,
    ...services.filter(({ spec }) => spec.selector !== undefined).map((one) => sliceOf(one, pods)),
  ];
}

function withUid(object: Raw): Raw {
  const { kind, metadata } = object;
  const uid = `${kind}-${metadata.namespace}-${metadata.name}`.toLowerCase();
  return { ...object, metadata: { uid, creationTimestamp: "2026-01-01T00:00:00Z", ...metadata } };
}

function sliceOf({ metadata, spec }: Service, pods: readonly Pod[]): Raw {
  const selected = pods.filter(
    (pod) =>
      pod.metadata.namespace === metadata.namespace &&
      Object.entries(spec.selector ?? {}).every(([name, value]) => pod.metadata.labels?.[name] === value),
  );
  return withUid({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${metadata.name}-abcde`,
      namespace: metadata.namespace!,
      labels: {
        ...metadata.labels,
        "kubernetes.io/service-name": metadata.name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
      ownerReferences: [{ kind: "Service", uid: metadata.uid! }],
    },
    addressType: "IPv4",
    ports: (spec.ports ?? []).flatMap(({ name = "", port, targetPort = port }) => {
      const number = typeof targetPort === "number" ? targetPort : containerPort(selected, targetPort);
      return number === undefined ? [] : [{ name, port: number, protocol: "TCP" }];
    }),
    endpoints: selected.map((pod) => {
      const serving = pod.status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      return {
        addresses: [pod.status.podIP],
        conditions: {
          ready: spec.publishNotReadyAddresses === true || (serving && !terminating),
          serving,
          terminating,
        },
        nodeName: pod.spec.nodeName,
        zone: zones[pod.spec.nodeName ?? ""],
        targetRef: { kind: "Pod", name: pod.metadata.name, uid: pod.metadata.uid },
      };
    }),
  });
}

function containerPort(pods: readonly Pod[], wanted: string): number | undefined {
  const ports = pods.flatMap(({ spec }) => spec.containers.flatMap(({ ports = [] }) => ports));
  return ports.find(({ name }) => name === wanted)?.containerPort;
}

interface Kept {
  put(): void;
  drop(): void;
}

/** Objects as they come and go, and what is made of them. */
export class ClusterModel {
  readonly conditionSet = new ConditionSet("kubernetes");
  readonly #releases: Releases;
  readonly #projection: Projection;
  readonly #held = new Map<string, Kept>();

  constructor(options: Partial<TranslateOptions> & { readonly profiles?: readonly Profile[] } = {}) {
    const conventions = new Conventions(options.profiles ?? profiles);
    this.#projection = new Projection(conventions);
    this.#releases = new Releases({
      names: "instance",
      clusterDomain: undefined,
      defaultCredentials: () => undefined,
      ...options,
      conventions,
      conditions: this.conditionSet,
    });
  }

  put(...objects: readonly Raw[]): void {
    for (const object of objects) {
      const kept = this.#kept(object);
      // As a reflector tells of one that is not kept any more.
      if (kept === undefined) this.drop(object);
      else {
        this.#held.set(object.metadata.uid!, kept);
        kept.put();
      }
    }
  }

  drop(...objects: readonly Raw[]): void {
    for (const { metadata } of objects) {
      this.#held.get(metadata.uid!)?.drop();
      this.#held.delete(metadata.uid!);
    }
  }

  refresh(): void {
    this.#releases.refresh(Number.POSITIVE_INFINITY);
  }

  get instances(): readonly Instance[] {
    this.refresh();
    return this.#releases.instances;
  }

  get unrecognised(): readonly UnrecognisedService[] {
    this.refresh();
    return this.#releases.unrecognised;
  }

  /** Sorted, `Reason object`. */
  get conditions(): readonly string[] {
    this.refresh();
    return this.conditionSet.all.map(conditionText).toSorted();
  }

  #kept(object: Raw): Kept | undefined {
    const releases = this.#releases;
    if (object.kind === "Service") {
      const record = this.#projection.service(object);
      return record && { put: () => releases.putService(record), drop: () => releases.dropService(record) };
    }
    if (object.kind !== "EndpointSlice") return undefined;
    const record = this.#projection.slice(object);
    return record && { put: () => releases.putSlice(record), drop: () => releases.dropSlice(record) };
  }
}

function conditionText({ reason, object }: Condition): string {
  return `${reason} ${object}`;
}
