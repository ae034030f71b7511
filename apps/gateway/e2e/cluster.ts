import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { PassThrough } from "node:stream";

import { ApiServer } from "@fleet/discovery/kubernetes";
import { eventually } from "@fleet/testkit";
import { CoreV1Api, Exec, KubeConfig, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { KubernetesObject, V1Status } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";

type Values = Readonly<Record<string, string>>;

/** A namespace of its own in the cluster that KUBECONFIG names, gone when disposed of. */
export class Cluster implements AsyncDisposable {
  readonly namespace: string;
  readonly #config: KubeConfig;
  readonly #objects: KubernetesObjectApi;
  readonly #core: CoreV1Api;
  readonly #api = new ApiServer({ requestTimeoutMs: 120_000 });

  private constructor(config: KubeConfig) {
    this.namespace = `fleet-e2e-${randomBytes(3).toString("hex")}`;
    this.#config = config;
    this.#objects = KubernetesObjectApi.makeApiClient(config);
    this.#core = config.makeApiClient(CoreV1Api);
  }

  static async open(): Promise<Cluster> {
    const config = new KubeConfig();
    config.loadFromDefault();
    const cluster = new Cluster(config);
    await cluster.#core.createNamespace({ body: { metadata: { name: cluster.namespace } } });
    return cluster;
  }

  /** Names of the nodes that are Ready, sorted. */
  async nodes(): Promise<readonly string[]> {
    const { items } = await this.#core.listNode();
    return items
      .filter(({ status }) =>
        status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
      )
      .map(({ metadata }) => metadata!.name!)
      .toSorted();
  }

  /** Applies the documents of a file, with `${NAME}` replaced. */
  async apply(file: URL, values: Values = {}): Promise<void> {
    const text = (await readFile(file, "utf8")).replaceAll(
      /\$\{([A-Z_]+)\}/g,
      (whole, name: string) => values[name] ?? whole,
    );
    for (const document of parseAllDocuments(text)) {
      const object = document.toJS() as KubernetesObject | null;
      if (object !== null) await this.put(object);
    }
  }

  /** Server-side apply. Bindings name their subjects' namespace, which here is this one. */
  async put(object: KubernetesObject): Promise<void> {
    const subjects = (object as { subjects?: { namespace?: string }[] }).subjects;
    for (const subject of subjects ?? []) subject.namespace = this.namespace;
    const metadata = Object.assign({}, object.metadata, { namespace: this.namespace });
    const placed = { ...object, metadata };
    await this.#objects.patch(placed, undefined, undefined, "fleet-e2e", true, PatchStrategy.ServerSideApply);
  }

  /** A ConfigMap with one file. */
  async script(name: string, file: URL): Promise<void> {
    const data = { [file.pathname.split("/").at(-1)!]: await readFile(file, "utf8") };
    await this.put({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data } as KubernetesObject);
  }

  async remove(apiVersion: string, kind: string, name: string, graceSeconds?: number): Promise<void> {
    const object = { apiVersion, kind, metadata: { name, namespace: this.namespace } };
    await this.#objects.delete(object, undefined, undefined, graceSeconds);
  }

  async read<T>(apiVersion: string, kind: string, name: string): Promise<T> {
    return (await this.#objects.read({
      apiVersion,
      kind,
      metadata: { name, namespace: this.namespace },
    })) as T;
  }

  async merge(
    apiVersion: string,
    kind: string,
    name: string,
    { metadata, ...change }: { readonly metadata?: object; readonly [field: string]: unknown },
  ): Promise<void> {
    const named = { ...metadata, name, namespace: this.namespace };
    const object = { apiVersion, kind, metadata: named, ...change } as KubernetesObject;
    await this.#objects.patch(object, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
  }

  /** As `kubectl rollout restart`, and waits until it is through. */
  async restart(kind: "Deployment" | "StatefulSet", name: string): Promise<void> {
    const at = new Date().toISOString();
    await this.merge("apps/v1", kind, name, {
      spec: { template: { metadata: { annotations: { "fleet.dev/restarted-at": at } } } },
    });
    await this.rolledOut(kind, name);
  }

  /** Waits until every replica is of the newest revision and ready. */
  async rolledOut(kind: "Deployment" | "StatefulSet", name: string): Promise<void> {
    await eventually(
      async () => {
        const { metadata, spec, status } = await this.read<Workload>("apps/v1", kind, name);
        const { replicas } = spec;
        if (
          status.observedGeneration !== metadata.generation ||
          status.updatedReplicas !== replicas ||
          status.readyReplicas !== replicas ||
          status.replicas !== replicas
        )
          throw new Error(`${kind} ${name}: ${JSON.stringify(status)}`);
      },
      { timeoutMs: 180_000 },
    );
  }

  async podReady(name: string): Promise<void> {
    await eventually(
      async () => {
        const { status } = await this.#core.readNamespacedPod({ name, namespace: this.namespace });
        if (status?.conditions?.find(({ type }) => type === "Ready")?.status !== "True")
          throw new Error(`Pod ${name} is ${status?.phase}`);
      },
      { timeoutMs: 120_000 },
    );
  }

  async nodeOf(pod: string): Promise<string> {
    const { spec } = await this.#core.readNamespacedPod({ name: pod, namespace: this.namespace });
    return spec!.nodeName!;
  }

  async podsOn(node: string): Promise<readonly string[]> {
    const { items } = await this.#core.listNamespacedPod({
      namespace: this.namespace,
      fieldSelector: `spec.nodeName=${node}`,
    });
    return items.map(({ metadata }) => metadata!.name!);
  }

  /** Runs a shell line in a container; what it printed. */
  async exec(pod: string, container: string, line: string): Promise<string> {
    const output = new PassThrough();
    let printed = "";
    output.on("data", (bytes: Buffer) => (printed += String(bytes)));
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(this.#config)
        .exec(this.namespace, pod, container, ["sh", "-c", line], output, output, null, false, resolve)
        .catch(reject);
    });
    if (status.status !== "Success") throw new Error(`${line} in ${pod}: ${status.message ?? ""} ${printed}`);
    return printed;
  }

  /** GET on a Pod's port, through the API server: works wherever KUBECONFIG does. */
  async ask<T>(pod: string, port: number, path: string): Promise<T> {
    const proxied = `/api/v1/namespaces/${this.namespace}/pods/${pod}:${port}/proxy${path}`;
    return (await this.#api.get<{ readonly answer: T }>(proxied)).answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#core.deleteNamespace({ name: this.namespace, gracePeriodSeconds: 0 });
    await this.#api.close();
  }
}

interface Workload {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}
