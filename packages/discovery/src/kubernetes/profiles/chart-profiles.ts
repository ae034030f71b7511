import type { NamedProfile } from "./profile-name.ts";
import type { ServiceRule } from "./profile.ts";
import { bitnami, component, headless, master, metrics, proxies, sentinel } from "./service-rules.ts";

const name = "app.kubernetes.io/name";
const managedBy = "app.kubernetes.io/managed-by";
const chart = "helm.sh/chart";

/** All of them are called after the release, and within it after their chart. */
const shared = {
  instance: "{label:app.kubernetes.io/instance}",
  part: "{label:app.kubernetes.io/name}",
} as const;

/** The Service with all Pods of CloudPirates' charts has no component; all of Bitnami's that are called so have one. */
const all = "(?!.+-(?:headless|metrics|exporter|master|sentinel|svc)$).+";
const plain: readonly ServiceRule[] = [
  metrics,
  proxies,
  { kind: "sentinel", labels: { [component]: "sentinel" } },
  headless,
];
/** Under an alias of an umbrella chart, a chart is called after the alias and keeps its version. */
const aliased = { [chart]: ".+-0\\..+", [managedBy]: "Helm", [component]: "" } as const;
const cloudPirates: readonly ServiceRule[] = [...plain, sentinel, master];

/**
 * Charts that share their labels. Signs by version hold today: Bitnami's charts with these labels began with 13 (Redis), those of
 * CloudPirates are at 0, those of groundhog2k and pascaliske at 1 and 2.
 */
export const charts: readonly NamedProfile[] = [
  {
    ...shared,
    name: "keydb",
    signs: [{ chart: "keydb-.+" }, { labels: { [name]: "keydb" } }],
    services: [
      ...plain,
      { kind: "primary", name: "(.+?)(?:-master)?", labels: { [component]: "master" } },
      { kind: "replicas", name: "(.+?)(?:-replicas)?", labels: { [component]: "replica" } },
      { kind: "all", name: "(.+)-lb" },
    ],
    passwords: ["{full}/keydb-password"],
  },
  {
    ...shared,
    name: "valkey-helm",
    signs: [
      { chart: ".+", labels: { [component]: "read|headless" }, port: "tcp" },
      { chart: ".+", labels: { [component]: "primary" }, port: "tcp" },
      { labels: { [component]: "primary|read|headless" }, port: "tcp" },
    ],
    services: [
      ...plain,
      sentinel,
      { kind: "primary", labels: { [component]: "primary" } },
      // It selects every Pod, the primary among them.
      { kind: "all", name: "(.+)-read" },
    ],
    passwords: ["{full}-auth/{username}-password", "{full}-auth/default-password"],
  },
  {
    ...shared,
    name: "bitnami-valkey",
    signs: [
      { chart: "valkey-.+", labels: { [component]: "primary|replica|node" } },
      { labels: { [name]: "valkey", [component]: "primary|replica|node" } },
      { labels: { [component]: "primary" }, port: "tcp-redis|tcp-valkey" },
      { labels: { [managedBy]: "", [name]: "valkey" }, port: "tcp-redis|tcp-valkey" },
    ],
    services: bitnami("primary"),
    binding: "{full}-svcbind",
    passwords: ["{full}/valkey-password"],
    tlsSecret: "{full}-crt",
  },
  {
    ...shared,
    name: "bitnami-redis-cluster",
    signs: [{ chart: "redis-cluster-.+" }, { labels: { [name]: "redis-cluster" } }],
    services: [metrics, headless, { kind: "ignore", name: "(.+)-\\d+-svc", labels: { pod: ".+" } }],
    binding: "{full}-svc-binding",
    passwords: ["{full}/redis-password"],
    tlsSecret: "{full}-crt",
    cluster: true,
  },
  {
    ...shared,
    name: "bitnami-valkey-cluster",
    signs: [{ chart: "valkey-cluster-.+" }, { labels: { [name]: "valkey-cluster" } }],
    services: [metrics, headless, { kind: "ignore", name: "(.+)-\\d+-svc", labels: { pod: ".+" } }],
    binding: "{full}-svc-binding",
    passwords: ["{full}/valkey-password"],
    tlsSecret: "{full}-crt",
    cluster: true,
  },
  {
    ...shared,
    name: "pascaliske-redis",
    signs: [{ chart: "redis-(?:0\\.[0-2]|[12])\\..+", labels: { [component]: "" }, appProtocol: "redis" }],
    services: plain,
  },
  {
    ...shared,
    name: "groundhog2k-redis",
    signs: [{ chart: "redis-[12]\\..+", labels: { [component]: "" } }],
    services: [...plain, { kind: "headless", name: "(.+)-internal" }],
    // With Sentinels the main Service names their port and no other.
    containerPort: 6379,
  },
  {
    ...shared,
    name: "groundhog2k-valkey",
    signs: [{ chart: "valkey-[12]\\..+", labels: { [component]: "" } }],
    services: [...plain, { kind: "headless", name: "(.+)-internal" }],
    containerPort: 6379,
  },
  {
    ...shared,
    name: "cloudpirates-redis",
    signs: [
      { chart: "redis-0\\..+" },
      {
        name: all,
        labels: { [name]: "redis", [managedBy]: "Helm", [component]: "", [chart]: "" },
        port: "redis|tcp-redis",
      },
      { labels: aliased, port: "tcp-redis" },
    ],
    services: cloudPirates,
    passwords: ["{full}/redis-password"],
    tlsPorts: [6380],
  },
  {
    ...shared,
    name: "cloudpirates-valkey",
    signs: [
      { chart: "valkey-0\\..+" },
      {
        name: all,
        labels: { [name]: "valkey", [managedBy]: "Helm", [component]: "", [chart]: "" },
        port: "valkey|redis|tcp-valkey|tcp-redis",
      },
      { labels: aliased, port: "tcp-valkey" },
    ],
    services: cloudPirates,
    passwords: ["{full}/password"],
    tlsPorts: [6380],
  },
  {
    ...shared,
    name: "bitnami-redis",
    signs: [
      { chart: "redis-(?:1[3-9]|[2-9]\\d)\\..+" },
      { labels: { [component]: "replica|node" }, port: "tcp-redis" },
      { labels: { [component]: "master" }, port: "tcp-redis" },
      { labels: { [managedBy]: "", [name]: "redis" }, port: "tcp-redis" },
    ],
    services: bitnami("master"),
    binding: "{full}-svcbind",
    passwords: ["{full}/redis-password"],
    tlsSecret: "{full}-crt",
  },
  {
    ...shared,
    name: "redis-chart",
    signs: [
      {
        labels: { [name]: "redis|valkey", [managedBy]: "Helm" },
        port: "redis|tcp-redis|valkey|tcp-valkey|6379",
      },
      { labels: { [chart]: "(?:redis|valkey)-.+" }, port: "redis|tcp-redis|valkey|tcp-valkey|6379" },
    ],
    services: [
      ...plain,
      sentinel,
      { kind: "primary", name: "(.+)-(?:master|primary)" },
      { kind: "replicas", name: "(.+)-(?:replicas?|slaves?)" },
    ],
    passwords: ["{full}/redis-password", "{full}/password"],
  },
];
