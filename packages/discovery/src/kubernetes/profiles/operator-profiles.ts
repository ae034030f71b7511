import type { NamedProfile } from "./profile-name.ts";
import { bitnami, component, headless, metrics } from "./service-rules.ts";

const name = "app.kubernetes.io/name";
const managedBy = "app.kubernetes.io/managed-by";
const serviceLabel = "__meta_kubernetes_service_label";
const byRelease = "{label:app.kubernetes.io/instance}";

/** Operators. Labels of their own distinguish what they make, also where it bears those of charts. */
export const operators: readonly NamedProfile[] = [
  {
    name: "sap-redis",
    labels: { "redis-operator.cs.sap.com/owner-id": ".+", [name]: "redis" },
    instance: byRelease,
    services: bitnami("master"),
    binding: "{full}-binding",
    passwords: ["{full}/redis-password"],
    tlsSecret: "{full}-crt",
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
    // Services by hand and those of other operators bear these labels too; the port of the bus says that it is a cluster.
    labels: { [name]: "valkey", [component]: "valkey" },
    port: "tcp-valkey|tcp-valkey-bus",
    instance: byRelease,
    services: [metrics, headless, { kind: "ignore", name: "(.+)-proxy" }],
    passwords: ["{full}/password"],
    tlsSecret: "{full}-tls",
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
];
