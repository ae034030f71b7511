import type { Profile, ServiceRule } from "./profile.ts";

const name = "app.kubernetes.io/name";
const component = "app.kubernetes.io/component";
const managedBy = "app.kubernetes.io/managed-by";
const serviceLabel = "__meta_kubernetes_service_label";
const byRelease = "{label:app.kubernetes.io/instance}";

/** What ends in this is that, whoever made it. */
const headless: ServiceRule = { kind: "headless", name: "(.+)-headless" };
const metrics: ServiceRule = { kind: "ignore", name: "(.+)-(?:metrics|exporter)" };
const sentinel: ServiceRule = { kind: "sentinel", name: "(.+)-sentinel" };
const master: ServiceRule = { kind: "primary", name: "(.+)-master" };

/** With Sentinels all nodes of a Bitnami chart stand behind one Service; `-master` follows a label that a sidecar sets. */
const bitnami = (primary: string): readonly ServiceRule[] => [
  metrics,
  headless,
  { kind: "primary", name: `(.+?)(?:-${primary})?`, labels: { [component]: primary } },
  { kind: "replicas", name: "(.+?)(?:-replicas)?", labels: { [component]: "replica" } },
  { kind: "ignore", name: "(.+)-node-\\d+", labels: { [component]: "node" } },
  { kind: "primary", name: "(.+)-(?:master|primary)", labels: { [component]: "node" } },
];
const redisPassword = ["{full}/redis-password"];
const valkeyPassword = ["{full}/valkey-password"];

/** The name of a convention that is known. */
export type ProfileName =
  | "sap-redis"
  | "bitnami-redis"
  | "bitnami-redis-cluster"
  | "valkey-operator"
  | "hyperspike"
  | "bitnami-valkey"
  | "bitnami-valkey-cluster"
  | "cloudpirates-redis"
  | "cloudpirates-valkey"
  | "valkey-helm"
  | "ot"
  | "ot-cluster"
  | "spotahome"
  | "dragonfly"
  | "kubeblocks"
  | "redis-ha"
  | "redisgate"
  | "annotated"
  | "seed";

/**
 * Every convention that is known. The first that recognises a Service has it, so the special stand before the general. Where two
 * charts share their labels, the names of their ports tell them apart.
 */
export const profiles: readonly (Profile & { readonly name: ProfileName })[] = [
  {
    name: "sap-redis",
    labels: { "redis-operator.cs.sap.com/owner-id": ".+", [name]: "redis" },
    port: "tcp-redis",
    instance: byRelease,
    services: bitnami("master"),
    binding: "{full}-binding",
    passwords: redisPassword,
    tlsSecret: "{full}-crt",
  },
  {
    name: "bitnami-redis",
    labels: { [name]: "redis" },
    port: "tcp-redis",
    instance: byRelease,
    services: bitnami("master"),
    binding: "{full}-svcbind",
    passwords: redisPassword,
    tlsSecret: "{full}-crt",
  },
  {
    name: "bitnami-redis-cluster",
    labels: { [name]: "redis-cluster" },
    instance: byRelease,
    services: [metrics, headless],
    binding: "{full}-svc-binding",
    passwords: redisPassword,
    tlsSecret: "{full}-crt",
    cluster: true,
  },
  {
    name: "valkey-operator",
    labels: { [managedBy]: "valkey-operator" },
    instance: byRelease,
    services: [
      { kind: "headless", name: "valkey-(.+)", labels: { [component]: "valkey-cluster" } },
      // Of a single node.
      { kind: "ignore" },
    ],
    passwords: ["{instance}-users/{username}"],
    cluster: true,
  },
  {
    name: "hyperspike",
    labels: { [name]: "valkey", [component]: "valkey" },
    instance: byRelease,
    services: [metrics, headless, { kind: "ignore", name: "(.+)-proxy" }],
    passwords: ["{full}/password"],
    tlsSecret: "{full}-tls",
    cluster: true,
  },
  {
    name: "bitnami-valkey",
    labels: { [name]: "valkey" },
    port: "tcp-redis|tcp-valkey",
    instance: byRelease,
    services: bitnami("primary"),
    binding: "{full}-svcbind",
    passwords: valkeyPassword,
    tlsSecret: "{full}-crt",
  },
  {
    name: "bitnami-valkey-cluster",
    labels: { [name]: "valkey-cluster" },
    instance: byRelease,
    services: [metrics, headless],
    binding: "{full}-svc-binding",
    passwords: valkeyPassword,
    tlsSecret: "{full}-crt",
    cluster: true,
  },
  {
    name: "cloudpirates-redis",
    labels: { [name]: "redis", [managedBy]: "Helm" },
    port: "redis|sentinel",
    instance: byRelease,
    services: [metrics, headless, sentinel, master],
    passwords: redisPassword,
    tlsPorts: [6380],
  },
  {
    name: "cloudpirates-valkey",
    labels: { [name]: "valkey", [managedBy]: "Helm" },
    port: "valkey|redis",
    instance: byRelease,
    services: [metrics, headless, sentinel, master],
    passwords: ["{full}/password"],
  },
  {
    name: "valkey-helm",
    labels: { [name]: "valkey", [component]: "primary|read|headless|sentinel" },
    instance: byRelease,
    services: [
      headless,
      sentinel,
      { kind: "primary", labels: { [component]: "primary" } },
      // It selects every Pod, the primary among them.
      { kind: "all", name: "(.+)-read" },
    ],
    passwords: ["{full}-auth/{username}-password", "{full}-auth/default-password"],
  },
  {
    name: "ot",
    labels: { redis_setup_type: "standalone|replication|sentinel" },
    instance: ["{annotation:redis.opstreelabs.instance}", "{label:app}"],
    relabel: [
      // The Sentinels of a replication bear its name with a suffix.
      {
        sourceLabels: [`${serviceLabel}_redis_setup_type`, `${serviceLabel}_app`],
        regex: "sentinel;(.+)-s",
        targetLabel: "instance",
      },
    ],
    services: [
      metrics,
      { kind: "sentinel", labels: { role: "sentinel" } },
      headless,
      { kind: "primary", name: "(.+)-master", labels: { "redis-role": "master" } },
      { kind: "replicas", name: "(.+)-replica", labels: { "redis-role": "slave" } },
      { kind: "all", name: "(.+)-additional" },
    ],
  },
  {
    name: "ot-cluster",
    labels: { redis_setup_type: "cluster" },
    instance: ["{annotation:redis.opstreelabs.instance}", "{label:app}"],
    instancePattern: "(.+?)(?:-leader|-follower)?",
    services: [metrics, headless],
    cluster: true,
  },
  {
    name: "spotahome",
    labels: { "redisfailovers.databases.spotahome.com/name": ".+" },
    instance: "{label:redisfailovers.databases.spotahome.com/name}",
    services: [
      { kind: "primary", name: "rfrm-(.+)" },
      { kind: "replicas", name: "rfrs-(.+)" },
      { kind: "sentinel", name: "rfs-(.+)" },
      { kind: "headless", name: "rfr-(.+)" },
    ],
    // The Service with all Pods names the port of the exporter and no other.
    containerPort: 6379,
  },
  {
    name: "dragonfly",
    labels: { [name]: "dragonfly" },
    instance: ["{label:app}", byRelease],
    services: [{ kind: "primary", labels: { [managedBy]: "dragonfly-operator" } }, headless],
  },
  {
    name: "kubeblocks",
    labels: { [managedBy]: "kubeblocks", "apps.kubeblocks.io/component-name": ".+" },
    port: "redis|redis-sentinel",
    // Sentinels are a component of their own, named after that of the servers.
    instance: `${byRelease}-{label:apps.kubeblocks.io/component-name}`,
    instancePattern: "(.+?)(?:-sentinel)?",
    services: [
      headless,
      { kind: "sentinel", labels: { "apps.kubeblocks.io/component-name": ".+-sentinel" } },
      { kind: "primary", name: "(.+)-redis" },
    ],
    passwords: ["{instance}-account-default/password"],
    sentinelMaster: "{instance}",
  },
  {
    name: "redis-ha",
    labels: { app: "redis-ha", release: ".+" },
    instance: "{label:release}",
    services: [
      // The proxies are no Redis, and the announced ones stand behind the headless Service too.
      { kind: "ignore", name: "(.+)-(?:haproxy|announce-\\d+)" },
      metrics,
      { kind: "headless", name: "(.+)" },
    ],
    passwords: ["{full}/auth"],
  },
  {
    name: "redisgate",
    labels: { "created-by": "redisgate", app: "redis-.+" },
    instance: "{label:app}",
    instancePattern: "redis-(.+)",
    services: [{ kind: "all", name: "(.+)-service" }],
    passwords: ["{full}-secret/redis-password"],
  },
  {
    name: "annotated",
    labels: { "fleet.dev/instance": ".+" },
    instance: "{label:fleet.dev/instance}",
  },
  {
    name: "seed",
    labels: { app: "redis", instance: ".+" },
    instance: "{label:instance}",
    grouped: false,
  },
];
