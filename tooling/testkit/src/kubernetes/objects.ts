import type { KubernetesObject } from "./object.ts";

/** Of every object with a namespace. */
export interface ObjectOptions {
  /** @default "default" */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface NamedPort {
  readonly name?: string;
  readonly port: number;
  /** Of a Service: the Pod's port, by number or name. */
  readonly targetPort?: number | string;
  readonly protocol?: string;
}

export interface ServiceOptions extends ObjectOptions {
  /** Labels of its Pods. @default none: it has no slices but those that are made for it */
  readonly selector?: Readonly<Record<string, string>>;
  /** @default redis, 6379 */
  readonly ports?: readonly NamedPort[];
  /** Every other field of the spec, as in `{ type: "ExternalName", externalName: "redis.example" }`. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface PodOptions extends ObjectOptions {
  /** Not of the loopback range, which slices refuse: 10.20.0.5, and a map from there to where the test's server is. */
  readonly ip: string;
  /** A Node that was applied before: without it the controller leaves the Pod out. @default "node" */
  readonly node?: string;
  /** @default true */
  readonly ready?: boolean;
  /** Names for the Services' targetPorts. @default redis, 6379 */
  readonly ports?: readonly NamedPort[];
  /** Every other field of its container, such as `env`. */
  readonly container?: Readonly<Record<string, unknown>>;
  /** Every other field of the spec, such as `volumes`. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface SliceOptions extends ObjectOptions {
  /** @default the service's name and `-1` */
  readonly name?: string;
  /** @default redis, 6379 */
  readonly ports?: readonly NamedPort[];
  readonly endpoints: readonly SliceEndpoint[];
  /** @default "IPv4" */
  readonly addressType?: string;
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions?: {
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  };
  readonly zone?: string;
  readonly nodeName?: string;
  readonly targetRef?: Readonly<Record<string, string>>;
}

const redisPort: readonly NamedPort[] = [{ name: "redis", port: 6379 }];

/** A Namespace. */
export function namespace(name: string): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** A Node, in a zone or in none. */
export function node(name = "node", options: { readonly zone?: string } = {}): KubernetesObject {
  const { zone } = options;
  const labels = zone === undefined ? {} : { "topology.kubernetes.io/zone": zone };
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels }, spec: {} };
}

/** A Service. With a selector and the controllers its slices follow from its Pods. */
export function service(name: string, options: ServiceOptions = {}): KubernetesObject {
  const { selector, ports = redisPort, spec } = options;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(name, options),
    spec: { ...(selector !== undefined && { selector }), ports, ...spec },
  };
}

/** A Pod that runs, as far as its status shows; apply it again to make it ready or not. */
export function pod(name: string, options: PodOptions): KubernetesObject {
  const { ip, node: nodeName = "node", ready = true, ports = redisPort, container, spec } = options;
  const containerPorts = ports.map((one) => ({
    ...(one.name !== undefined && { name: one.name }),
    containerPort: one.port,
    protocol: one.protocol ?? "TCP",
  }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata(name, options),
    spec: {
      nodeName,
      // No controller hands out service account tokens to mount.
      automountServiceAccountToken: false,
      containers: [{ name: "redis", image: "redis", ports: containerPorts, ...container }],
      ...spec,
    },
    status: {
      phase: "Running",
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
}

/** A slice that another program than the controller keeps. */
export function endpointSlice(serviceName: string, options: SliceOptions): KubernetesObject {
  const { name = `${serviceName}-1`, ports = redisPort, endpoints, addressType = "IPv4", labels } = options;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: metadata(name, {
      ...options,
      labels: { "kubernetes.io/service-name": serviceName, ...labels },
    }),
    addressType,
    ports: ports.map((one) => ({ protocol: "TCP", ...one })),
    endpoints: endpoints.map((one) => ({
      ...one,
      conditions: { ready: true, serving: true, terminating: false, ...one.conditions },
    })),
  };
}

/** A Secret, its values as they are meant. */
export function secret(
  name: string,
  values: Readonly<Record<string, string>>,
  options: ObjectOptions & { readonly type?: string } = {},
): KubernetesObject {
  const encoded = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: metadata(name, options),
    type: options.type ?? "Opaque",
    data: Object.fromEntries(encoded),
  };
}

/** A service account. */
export function serviceAccount(name: string, options: ObjectOptions = {}): KubernetesObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(name, options) };
}

function metadata(name: string, options: ObjectOptions): KubernetesObject["metadata"] {
  const { namespace: of = "default", labels, annotations } = options;
  return {
    name,
    namespace: of,
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
  };
}
