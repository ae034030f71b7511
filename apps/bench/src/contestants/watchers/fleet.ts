import { ApiServer, KubernetesSource, Reflector } from "@fleet/discovery/kubernetes";
import type { KubernetesObject, PortRecord, ServiceRecord } from "@fleet/discovery/kubernetes";

import type { Watcher } from "./watcher.ts";

/** Services by a Reflector that keeps what the source keeps of them; with slices the whole KubernetesSource, instances included. */
export const watcher: Watcher = {
  open({ namespace, ...server }, { slices, resyncMs = 30_000 }) {
    const api = new ApiServer({ server });
    if (!slices) {
      const reflector = new Reflector<ServiceRecord>({
        api,
        resource: { group: "", version: "v1", plural: "services" },
        namespace,
        project: recordOf(),
        resyncMs,
      });
      reflector.start().catch(() => {});
      return {
        get objects() {
          return reflector.items.size;
        },
        versionOf: (service) =>
          [...reflector.items.values()].find(({ name }) => name === service)?.labels["version"],
        close: async () => {
          await reflector.close();
          await api.close();
        },
      };
    }
    const source = new KubernetesSource({ api, namespaces: [namespace], resyncMs });
    let instances = 0;
    const sink = {
      replace: (all: readonly unknown[]): void => void (instances = all.length),
      fail: (): void => {},
    };
    source.start(sink, { signal: new AbortController().signal }).catch(() => {});
    return {
      // Whole only when the instances are made, which is later than the objects.
      get objects() {
        return 2 * instances;
      },
      versionOf: () => undefined,
      close: async () => {
        await source.close();
        await api.close();
      },
    };
  },
};

interface RawService extends KubernetesObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly ports?: readonly (PortRecord & { readonly name?: string })[];
  };
}

/** The fields of the source's own records, repeated texts and lists of ports once, as there. */
function recordOf(): (object: KubernetesObject) => ServiceRecord {
  const texts = new Map<string, string>();
  const lists = new Map<string, readonly PortRecord[]>();
  const shared = (text: string): string => texts.get(text) ?? (texts.set(text, text), text);
  return ({ metadata, spec = {} }: RawService) => {
    const { uid = "", namespace = "", name = "", creationTimestamp, labels = {} } = metadata;
    const key = JSON.stringify(spec.ports ?? []);
    if (texts.size > 10_000) texts.clear();
    if (!lists.has(key))
      lists.set(
        key,
        (spec.ports ?? []).map(({ name: port = "", port: number }) => ({ name: port, port: number })),
      );
    return {
      uid,
      namespace: shared(namespace),
      name,
      createdAt: Date.parse(creationTimestamp ?? "") || 0,
      labels: Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, shared(value)])),
      annotations: {},
      type: shared(spec.type ?? "ClusterIP"),
      ...(spec.clusterIP !== undefined && { clusterIp: spec.clusterIP }),
      ports: lists.get(key)!,
    };
  };
}
