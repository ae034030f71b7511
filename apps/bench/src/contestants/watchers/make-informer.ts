import { CoreV1Api, DiscoveryV1Api, KubeConfig, makeInformer } from "@kubernetes/client-node";

import type { Watcher } from "./watcher.ts";

const restartMs = 5000;

/** client-node's informers: as they come, or started again after an error as its documentation shows. */
export const informers = (restarted: boolean): Watcher => ({
  open({ namespace }, { slices }) {
    const config = new KubeConfig();
    config.loadFromDefault();
    const core = config.makeApiClient(CoreV1Api);
    const discovery = config.makeApiClient(DiscoveryV1Api);
    const services = makeInformer(config, `/api/v1/namespaces/${namespace}/services`, () =>
      core.listNamespacedService({ namespace }),
    );
    const endpoints = makeInformer(
      config,
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      () => discovery.listNamespacedEndpointSlice({ namespace }),
    );
    const started = slices ? [services, endpoints] : [services];
    for (const informer of started) {
      informer.on("error", () => {
        if (restarted) setTimeout(() => void informer.start(), restartMs);
      });
      void informer.start();
    }
    return {
      get objects() {
        return started.reduce((sum, informer) => sum + informer.list().length, 0);
      },
      versionOf: (service) => services.get(service, namespace)?.metadata?.labels?.["version"],
      close: async () => void (await Promise.all(started.map((informer) => informer.stop()))),
    };
  },
});
