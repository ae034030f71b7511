import type { ServiceRule } from "./profile.ts";

export const component = "app.kubernetes.io/component";

/** What ends in this is that, whoever made it. */
export const headless: ServiceRule = { kind: "headless", name: "(.+)-headless" };
export const metrics: ServiceRule = { kind: "ignore", name: "(.+)-(?:metrics|exporter)" };
export const sentinel: ServiceRule = { kind: "sentinel", name: "(.+)-sentinel" };
/** Proxies are no Redis, and what is announced stands behind another Service too. */
export const proxies: ServiceRule = { kind: "ignore", name: "(.+)-(?:haproxy|proxy|announce-\\d+)" };
export const master: ServiceRule = { kind: "primary", name: "(.+)-master" };

/**
 * With Sentinels all nodes of a Bitnami chart stand behind one Service; `-master` follows a label that a sidecar sets. Services of
 * single Pods, for callers outside the cluster, lead to nothing that the others do not.
 */
export const bitnami = (primary: string): readonly ServiceRule[] => [
  metrics,
  headless,
  { kind: "ignore", name: "(.+)-\\d+-svc", labels: { pod: ".+" } },
  { kind: "ignore", name: "(.+)-node-\\d+", labels: { [component]: "node" } },
  { kind: "primary", name: `(.+?)(?:-${primary})?`, labels: { [component]: primary } },
  { kind: "replicas", name: "(.+?)(?:-replicas)?", labels: { [component]: "replica" } },
  { kind: "primary", name: "(.+)-(?:master|primary)", labels: { [component]: "node" } },
];
