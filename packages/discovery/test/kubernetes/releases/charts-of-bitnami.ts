import type { Raw } from "../kubernetes-fixtures.ts";
import { helm, pod, service } from "./chart-world.ts";
import type { Rendering } from "./chart-world.ts";

const replication = (
  full: string,
  labels: (component?: string) => Readonly<Record<string, string>>,
  ports = "tcp-redis:6379>redis",
): readonly Raw[] => [
  service(`${full}-headless`, labels(), ports, "all"),
  service(`${full}-master`, labels("master"), ports, "master"),
  service(`${full}-replicas`, labels("replica"), ports, "replica"),
  pod(`${full}-master-0`, 1, "all master"),
  pod(`${full}-replicas-0`, 2, "all replica"),
  pod(`${full}-replicas-1`, 3, "all replica"),
];
const of =
  (release: string, chart = "redis-23.1.1", name = "redis") =>
  (component?: string): Readonly<Record<string, string>> =>
    helm(release, chart, component, name);
const nodes = "tcp-redis:6379 tcp-sentinel:26379";
const sentinels = (full: string, labels = of("orders")): readonly Raw[] => [
  service(full, labels("node"), nodes, "all"),
  service(`${full}-headless`, labels(), nodes, "all"),
  pod(`${full}-node-0`, 1, "all n0", "redis:6379 redis-sentinel:26379"),
  pod(`${full}-node-1`, 2, "all n1", "redis:6379 redis-sentinel:26379"),
];
const three = "1:6379 primary, 2:6379 replica, 3:6379 replica";
const two = "1:6379 unknown, 2:6379 unknown";
const old = (release: string, chart: string, app = "redis"): Readonly<Record<string, string>> => ({
  app,
  chart,
  release,
  heritage: "Helm",
});

/** Charts of Bitnami, and what became of stable/redis. */
export const bitnamiCharts: Readonly<Record<string, Rendering>> = {
  "bitnami/redis 23.1.1, standalone with metrics": {
    objects: [
      service("orders-redis-headless", of("orders")(), "tcp-redis:6379>redis", "all"),
      service("orders-redis-master", of("orders")("master"), "tcp-redis:6379>redis", "all"),
      service("orders-redis-metrics", of("orders")("metrics"), "http-metrics:9121", "all"),
      pod("orders-redis-master-0", 1, "all", "redis:6379 metrics:9121"),
    ],
    found: ["orders bitnami-redis: 1:6379 primary"],
  },
  "bitnami/redis, replication": {
    objects: replication("orders-redis", of("orders")),
    found: [`orders bitnami-redis: ${three}`],
  },
  "bitnami/redis, another name for its port": {
    objects: replication("orders-redis", of("orders"), "tcp-cache:6379>redis"),
    found: [`orders bitnami-redis: ${three}`],
  },
  ...Object.fromEntries(
    ["22.0.7", "21.1.3", "20.13.4", "18.19.4", "17.11.8", "16.13.2", "13.0.0"].flatMap((version) => {
      const labels = of("orders", `redis-${version}`);
      return [
        [
          `bitnami/redis ${version}, replication`,
          {
            objects: replication("orders-redis", labels),
            found: [`orders bitnami-redis: ${three}`],
          },
        ],
        [
          `bitnami/redis ${version}, Sentinels`,
          {
            objects: sentinels("orders-redis", labels),
            found: [`orders bitnami-redis: ${two}`],
          },
        ],
      ];
    }),
  ),
  "bitnami/redis, fullnameOverride": {
    objects: replication("cache-7", of("orders")),
    found: [`orders bitnami-redis: ${three}`],
  },
  "bitnami/redis, nameOverride": {
    objects: replication("orders-cache", of("orders", "redis-23.1.1", "cache")),
    found: [`orders bitnami-redis: ${three}`],
  },
  "bitnami/redis as alias in an umbrella chart": {
    objects: replication("orders-cache", of("orders", "cache-23.1.1", "cache")),
    found: [`orders bitnami-redis: ${three}`],
  },
  "bitnami/redis, nameOverride, Sentinels": {
    objects: sentinels("orders-cache", of("orders", "redis-23.1.1", "cache")),
    found: [`orders bitnami-redis: ${two}`],
  },
  "bitnami/redis, other ports": {
    objects: [
      service("orders-redis-headless", of("orders")(), "tcp-redis:7000>redis", "all"),
      service("orders-redis-master", of("orders")("master"), "tcp-redis:7000>redis", "all"),
      pod("orders-redis-master-0", 1, "all", "redis:7001"),
    ],
    found: ["orders bitnami-redis: 1:7001 primary"],
  },
  "bitnami/redis, Sentinels": {
    objects: sentinels("orders-redis"),
    found: [`orders bitnami-redis: ${two}`],
  },
  "bitnami/redis, Sentinels behind NodePorts, a Service for each node": {
    objects: [
      ...sentinels("orders-redis"),
      ...[0, 1].map((n) =>
        service(
          `orders-redis-node-${n}`,
          of("orders")("node"),
          `sentinel:3001${n}>26379 redis:3000${n}>6379 sentinel-internal:26379 redis-internal:6379`,
          `n${n}`,
          { uid: `0${n}`, spec: { type: "NodePort" } },
        ),
      ),
    ],
    found: [`orders bitnami-redis: ${two}`],
  },
  "bitnami/redis, Sentinels with externalAccess": {
    objects: [
      ...sentinels("orders-redis"),
      ...[0, 1].map((n) =>
        service(
          `orders-redis-${n}-svc`,
          { ...of("orders")(), pod: `orders-redis-node-${n}` },
          "tcp-redis:6379 tcp-sentinel:26379",
          `n${n}`,
          { uid: `0${n}`, spec: { type: "LoadBalancer" } },
        ),
      ),
    ],
    found: [`orders bitnami-redis: ${two}`],
  },
  "bitnami/redis, Sentinels with masterService": {
    objects: [
      ...sentinels("orders-redis"),
      service("orders-redis-master", of("orders")("node"), "tcp-redis:6379", "n1"),
    ],
    found: ["orders bitnami-redis: 1:6379 unknown, 2:6379 primary"],
  },
  "bitnami/redis, Sentinels with masterService that nothing is behind yet": {
    objects: [
      ...sentinels("orders-redis"),
      service("orders-redis-master", of("orders")("node"), "tcp-redis:6379", "none"),
    ],
    found: [`orders bitnami-redis: ${two}`],
  },
  "bitnami/redis, master.count 2": {
    objects: [...replication("orders-redis", of("orders")), pod("orders-redis-master-1", 4, "all master")],
    found: ["orders bitnami-redis: 1:6379 unknown, 4:6379 unknown, 2:6379 replica, 3:6379 replica"],
    conditions: ["SeveralPrimaries Service shop/orders-redis-master"],
  },
  "bitnami/redis, externalMaster": {
    objects: [
      service("orders-redis-headless", of("orders")(), "tcp-redis:6379>redis", "all"),
      service("orders-redis-replicas", of("orders")("replica"), "tcp-redis:6379>redis", "replica"),
      pod("orders-redis-replicas-0", 2, "all replica"),
    ],
    found: ["orders bitnami-redis: 2:6379 replica"],
    conditions: ["NoPrimary Service shop/orders-redis-headless"],
  },
  "nextcloud with bitnami/redis inside, beside its own Services": {
    objects: [
      service("cloud-nextcloud", helm("cloud", "nextcloud-8.0.0", "app"), "http:8080", "web"),
      service("cloud-nextcloud-metrics", helm("cloud", "nextcloud-8.0.0", "metrics"), "metrics:9205", "web"),
      service("cloud-mariadb", helm("cloud", "mariadb-18.0.2", "primary"), "mysql:3306", "db"),
      ...replication("cloud-redis", of("cloud", "redis-20.6.1")),
    ],
    found: [`cloud bitnami-redis: ${three}`],
  },
  "bitnami/redis-cluster 13.0.5": {
    objects: [
      service("users", helm("users", "redis-cluster-13.0.5"), "tcp-redis:6379", "all"),
      service(
        "users-headless",
        helm("users", "redis-cluster-13.0.5"),
        "tcp-redis:6379 tcp-redis-bus:16379",
        "all",
      ),
      service(
        "users-0-svc",
        { ...helm("users", "redis-cluster-13.0.5"), pod: "users-0" },
        "tcp-redis:6379 tcp-redis-bus:16379",
        "all",
      ),
      pod("users-0", 1, "all"),
    ],
    found: ["users bitnami-redis-cluster cluster: 1:6379 unknown"],
    conditions: ["ClusterMode Service shop/users"],
  },
  "mastodon, whose release and whose Redis bear its name": {
    objects: [
      service("mastodon-web", helm("mastodon", "mastodon-6.6.0", "web"), "http:3000", "web"),
      service("mastodon-streaming", helm("mastodon", "mastodon-6.6.0", "streaming"), "streaming:4000", "web"),
      ...replication("mastodon-redis", of("mastodon", "redis-18.19.4")),
    ],
    found: [`mastodon bitnami-redis: ${three}`],
  },
  "bitnami/valkey-cluster 3.0.25": {
    objects: [
      service("feeds", helm("feeds", "valkey-cluster-3.0.25"), "tcp-redis:6379", "all"),
      service(
        "feeds-headless",
        helm("feeds", "valkey-cluster-3.0.25"),
        "tcp-redis:6379 tcp-redis-bus:16379",
        "all",
      ),
      pod("feeds-0", 1, "all"),
    ],
    found: ["feeds bitnami-valkey-cluster cluster: 1:6379 unknown"],
    conditions: ["ClusterMode Service shop/feeds"],
  },
  "bitnami/valkey 4.0.2, Sentinels with createPrimary": {
    objects: [
      service("orders-valkey", helm("orders", "valkey-4.0.2", "node"), nodes, "all"),
      service("orders-valkey-headless", helm("orders", "valkey-4.0.2"), nodes, "all"),
      service("orders-valkey-primary", helm("orders", "valkey-4.0.2", "node"), "tcp-redis:6379", "p"),
      pod("orders-valkey-node-0", 1, "all p"),
      pod("orders-valkey-node-1", 2, "all"),
    ],
    found: ["orders bitnami-valkey: 1:6379 primary, 2:6379 unknown"],
  },
  "bitnami/keydb 0.5.16": {
    objects: [
      service("orders-keydb-master", helm("orders", "keydb-0.5.16", "master"), "tcp-keydb:6379>keydb", "m"),
      service("orders-keydb-replica", helm("orders", "keydb-0.5.16", "replica"), "tcp-keydb:6379>keydb", "r"),
      pod("orders-keydb-master-0", 1, "m", "keydb:6379"),
      pod("orders-keydb-replica-0", 2, "r", "keydb:6379"),
    ],
    found: ["orders keydb: 1:6379 primary, 2:6379 replica"],
  },
  "bitnami/valkey 4.0.2, replication": {
    objects: [
      service("orders-valkey-headless", helm("orders", "valkey-4.0.2"), "tcp-redis:6379>redis", "all"),
      service(
        "orders-valkey-primary",
        helm("orders", "valkey-4.0.2", "primary"),
        "tcp-redis:6379>redis",
        "p",
      ),
      service(
        "orders-valkey-replicas",
        helm("orders", "valkey-4.0.2", "replica"),
        "tcp-redis:6379>redis",
        "r",
      ),
      pod("orders-valkey-primary-0", 1, "all p"),
      pod("orders-valkey-replicas-0", 2, "all r"),
    ],
    found: ["orders bitnami-valkey: 1:6379 primary, 2:6379 replica"],
  },
  "bitnami/valkey 0.3.0, Sentinels": {
    objects: [
      service("orders-valkey", helm("orders", "valkey-0.3.0", "node"), nodes, "all"),
      service("orders-valkey-headless", helm("orders", "valkey-0.3.0"), nodes, "all"),
      pod("orders-valkey-node-0", 1, "all"),
    ],
    found: ["orders bitnami-valkey: 1:6379 unknown"],
  },
  "bitnami/redis 12.10.1, also inside of the airflow chart 8": {
    objects: [
      service("air-redis-headless", old("air", "redis-12.10.1"), "redis:6379>redis", "all"),
      service("air-redis-master", old("air", "redis-12.10.1"), "redis:6379>redis", "m"),
      service("air-redis-slave", old("air", "redis-12.10.1"), "redis:6379>redis", "s"),
      service("air-redis-metrics", old("air", "redis-12.10.1"), "metrics:9121", "all"),
      pod("air-redis-master-0", 1, "all m"),
      pod("air-redis-slave-0", 2, "all s"),
    ],
    found: ["air stable-redis: 1:6379 primary, 2:6379 replica"],
  },
  "bitnami/redis 10.9.0, Sentinels, nameOverride": {
    objects: [
      service(
        "air-cache",
        old("air", "redis-10.9.0", "cache"),
        "redis:6379>redis redis-sentinel:26379>redis-sentinel",
        "all",
      ),
      service("air-cache-headless", old("air", "redis-10.9.0", "cache"), "redis:6379>redis", "all"),
      pod("air-cache-node-0", 1, "all", "redis:6379 redis-sentinel:26379"),
    ],
    found: ["air stable-redis: 1:6379 unknown"],
  },
  "stable/redis 10.5.7": {
    objects: [
      service("cache-redis-master", old("cache", "redis-10.5.7"), "redis:6379>redis", "m"),
      pod("cache-redis-master-0", 1, "m"),
    ],
    found: ["cache stable-redis: 1:6379 primary"],
  },
};
