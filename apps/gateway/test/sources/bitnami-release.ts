import { pod, secret, service } from "@fleet/testkit/kubernetes";
import type { KubernetesObject } from "@fleet/testkit/kubernetes";

interface ReleaseOptions {
  readonly namespace: string;
  readonly password?: string;
  /** Of its Service, as the chart's values may say. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What `helm install NAME bitnami/redis` makes, with the nodes of one StatefulSet; its Pods one by one. */
export class BitnamiRelease {
  readonly #name: string;
  readonly #options: ReleaseOptions;

  constructor(name: string, options: ReleaseOptions) {
    this.#name = name;
    this.#options = options;
  }

  get #full(): string {
    return `${this.#name}-redis`;
  }

  get #labels(): Readonly<Record<string, string>> {
    return {
      "app.kubernetes.io/name": "redis",
      "app.kubernetes.io/instance": this.#name,
      "app.kubernetes.io/managed-by": "Helm",
      "helm.sh/chart": "redis-23.1.1",
    };
  }

  /** The Service of its nodes. */
  get service(): KubernetesObject {
    const { namespace, annotations = {} } = this.#options;
    const node = { "app.kubernetes.io/component": "node" };
    return service(this.#full, {
      namespace,
      annotations,
      labels: { ...this.#labels, ...node },
      selector: {
        "app.kubernetes.io/name": "redis",
        "app.kubernetes.io/instance": this.#name,
        ...node,
      },
      ports: [{ name: "tcp-redis", port: 6379, targetPort: "redis" }],
    });
  }

  /** Everything but its Pods. */
  get objects(): readonly KubernetesObject[] {
    const { namespace, password } = this.#options;
    const headless = service(`${this.#full}-headless`, {
      namespace,
      labels: this.#labels,
      selector: { "app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": this.#name },
      ports: [{ name: "tcp-redis", port: 6379, targetPort: "redis" }],
      spec: { clusterIP: "None", publishNotReadyAddresses: true },
    });
    const login =
      password === undefined ? [] : [secret(this.#full, { "redis-password": password }, { namespace })];
    return [...login, headless, this.service];
  }

  /** One of its nodes. */
  pod(index: number, ip: string, options: { readonly ready?: boolean } = {}): KubernetesObject {
    const { namespace } = this.#options;
    return pod(`${this.#full}-node-${index}`, {
      namespace,
      ip,
      labels: { ...this.#labels, "app.kubernetes.io/component": "node" },
      ports: [{ name: "redis", port: 6379 }],
      ...options,
    });
  }
}
