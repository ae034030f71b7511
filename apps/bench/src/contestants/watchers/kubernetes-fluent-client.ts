import { K8s, kind } from "kubernetes-fluent-client";

import type { Watcher } from "./watcher.ts";

/** Its watchers, which hold every object whole in a cache of their own; the events that they emit are counted here. */
export const watcher: Watcher = {
  open({ namespace }, { slices, resyncMs }) {
    const versions = new Map<string, string | undefined>();
    let endpoints = 0;
    const settings = resyncMs === undefined ? {} : { relistIntervalSec: resyncMs / 1000 };
    const services = K8s(kind.Service)
      .InNamespace(namespace)
      .Watch(({ metadata }, phase: string) => {
        if (phase === "DELETED") versions.delete(metadata!.name!);
        else versions.set(metadata!.name!, metadata?.labels?.["version"]);
      }, settings);
    const opened = [services];
    void services.start();
    const others = K8s(kind.EndpointSlice)
      .InNamespace(namespace)
      .Watch((_slice, phase: string) => {
        if (phase === "ADDED") endpoints += 1;
      }, settings);
    if (slices) void others.start();
    return {
      get objects() {
        return versions.size + endpoints;
      },
      versionOf: (service) => versions.get(service),
      close: () => {
        for (const one of opened) one.close();
        others.close();
        return Promise.resolve();
      },
    };
  },
};
