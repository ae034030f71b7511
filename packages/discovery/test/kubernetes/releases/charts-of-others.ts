import { helm, pod, service } from "./chart-world.ts";
import type { Rendering } from "./chart-world.ts";

const pirates = helm("orders", "redis-0.34.18");
const both = "1:6379 unknown, 2:6379 unknown";
const ha = (chart = "redis-ha-4.39.0", app = "redis-ha"): Readonly<Record<string, string>> => ({
  app,
  chart,
  release: "orders",
  heritage: "Helm",
});

/** Charts of others than Bitnami. */
export const otherCharts: Readonly<Record<string, Rendering>> = {
  "cloudpirates/redis 0.34.18, standalone": {
    objects: [
      service("orders-redis", pirates, "tcp-redis:6379>redis", "all"),
      service("orders-redis-headless", pirates, "tcp-redis:6379>redis", "all"),
      pod("orders-redis-0", 1, "all"),
    ],
    found: ["orders cloudpirates-redis: 1:6379 unknown"],
  },
  "cloudpirates/redis, tls": {
    objects: [
      service("orders-redis", pirates, "tcp-redis:6379>redis", "all"),
      service("orders-redis-headless", pirates, "tcp-redis:6379>redis", "all"),
      pod("orders-redis-0", 1, "all", "redis:6380"),
    ],
    found: ["orders cloudpirates-redis tls: 1:6380 unknown"],
  },
  "cloudpirates/redis, nameOverride": {
    objects: [
      service("orders-cache", helm("orders", "redis-0.34.18", "", "cache"), "tcp-redis:6379>redis", "all"),
      pod("orders-cache-0", 1, "all"),
    ],
    found: ["orders cloudpirates-redis: 1:6379 unknown"],
  },
  "cloudpirates/redis, Sentinels with masterService, before its sidecar has decided": {
    objects: [
      service("orders-redis", pirates, "tcp-redis:6379>redis", "all", { uid: "z9" }),
      service("orders-redis-headless", pirates, "tcp-redis:6379>redis sentinel:26379", "all", { uid: "z8" }),
      service(
        "orders-redis-master",
        helm("orders", "redis-0.34.18", "master"),
        "redis:6379>redis",
        "not-decided",
        { uid: "a1" },
      ),
      service("orders-redis-sentinel", helm("orders", "redis-0.34.18", "sentinel"), "sentinel:26379", "all"),
      pod("orders-redis-0", 1, "all"),
      pod("orders-redis-1", 2, "all"),
    ],
    found: [`orders cloudpirates-redis: ${both}`],
  },
  "cloudpirates/redis, Sentinels with masterService, where no label names the chart": {
    objects: [
      service("orders-redis", helm("orders", "", "", "redis"), "tcp-redis:6379>redis", "all"),
      service(
        "orders-redis-master",
        helm("orders", "", "master", "redis"),
        "redis:6379>redis",
        "not-decided",
        { uid: "a1" },
      ),
      pod("orders-redis-0", 1, "all"),
      pod("orders-redis-1", 2, "all"),
    ],
    found: [`orders cloudpirates-redis: ${both}`],
  },
  "cloudpirates/redis, replication with metrics": {
    objects: [
      service("orders-redis", pirates, "tcp-redis:6379>redis", "all"),
      service("orders-redis-headless", pirates, "tcp-redis:6379>redis", "all"),
      service("orders-redis-master", helm("orders", "redis-0.34.18", "master"), "redis:6379>redis", "m"),
      service("orders-redis-metrics", helm("orders", "redis-0.34.18", "metrics"), "metrics:9121", "all"),
      pod("orders-redis-0", 1, "all m"),
      pod("orders-redis-1", 2, "all"),
    ],
    found: ["orders cloudpirates-redis: 1:6379 primary, 2:6379 unknown"],
  },
  "cloudpirates/redis, cluster": {
    objects: [
      service("orders-redis", pirates, "tcp-redis:6379>redis", "all"),
      service("orders-redis-headless", pirates, "tcp-redis:6379>redis cluster:16379", "all"),
      pod("orders-redis-0", 1, "all"),
    ],
    found: ["orders cloudpirates-redis cluster: 1:6379 unknown"],
    conditions: ["ClusterMode Service shop/orders-redis"],
  },
  "cloudpirates/valkey 0.25.5, replication, tls": {
    objects: [
      service("orders-valkey", helm("orders", "valkey-0.25.5"), "tcp-valkey:6379>valkey", "all"),
      service("orders-valkey-headless", helm("orders", "valkey-0.25.5"), "tcp-valkey:6379>valkey", "all"),
      pod("orders-valkey-0", 1, "all", "valkey:6380"),
    ],
    found: ["orders cloudpirates-valkey tls: 1:6380 unknown"],
  },
  "groundhog2k/redis 2.4.4": {
    objects: [
      service("orders-redis", helm("orders", "redis-2.4.4"), "redis:6379>redis", "all"),
      service("orders-redis-headless", helm("orders", "redis-2.4.4"), "redis:6379>redis", "all"),
      service("orders-redis-metrics", helm("orders", "redis-2.4.4"), "exporter:9121", "all"),
      pod("orders-redis-0", 1, "all"),
    ],
    found: ["orders groundhog2k-redis: 1:6379 unknown"],
  },
  "groundhog2k/redis 2.4.4, haMode": {
    objects: [
      service("orders-redis", helm("orders", "redis-2.4.4"), "sentinel:26379>sentinel", "all"),
      service(
        "orders-redis-headless",
        helm("orders", "redis-2.4.4"),
        "redis:6380>redis sentinel:26379>sentinel",
        "all",
      ),
      pod("orders-redis-0", 1, "all", "redis:6380 sentinel:26379"),
      pod("orders-redis-1", 2, "all", "redis:6380 sentinel:26379"),
    ],
    found: ["orders groundhog2k-redis: 1:6380 unknown, 2:6380 unknown"],
  },
  "groundhog2k/valkey 2.3.3": {
    objects: [
      service("orders-valkey", helm("orders", "valkey-2.3.3"), "valkey:6379>valkey", "all"),
      pod("orders-valkey-0", 1, "all", "valkey:6379"),
    ],
    found: ["orders groundhog2k-valkey: 1:6379 unknown"],
  },
  "pascaliske/redis 2.0.1": {
    objects: [
      service("orders-redis", helm("orders", "redis-2.0.1"), "redis:6379>redis!redis", "all"),
      service("orders-redis-headless", helm("orders", "redis-2.0.1"), "redis:6379>redis", "all"),
      pod("orders-redis-0", 1, "all"),
    ],
    found: ["orders pascaliske-redis: 1:6379 unknown"],
  },
  "valkey-helm 0.11.0, replica": {
    objects: [
      service("orders-valkey", helm("orders", "valkey-0.11.0", "primary"), "tcp:6379>tcp", "first"),
      service("orders-valkey-read", helm("orders", "valkey-0.11.0", "read"), "tcp:6379>tcp", "all"),
      service("orders-valkey-headless", helm("orders", "valkey-0.11.0", "headless"), "tcp:6379>tcp", "all"),
      service("orders-valkey-metrics", helm("orders", "valkey-0.11.0", "metrics"), "metrics:9121", "all"),
      pod("orders-valkey-0", 1, "all first", "tcp:6379"),
      pod("orders-valkey-1", 2, "all", "tcp:6379"),
    ],
    found: ["orders valkey-helm: 1:6379 primary, 2:6379 unknown"],
  },
  "valkey-helm 1.0.0 with Sentinels of their own and haproxy": {
    objects: [
      service("orders-valkey", helm("orders", "valkey-1.0.0", "primary"), "tcp:6379>tcp", "first"),
      service("orders-valkey-read", helm("orders", "valkey-1.0.0", "read"), "tcp:6379>tcp", "all"),
      service("orders-valkey-headless", helm("orders", "valkey-1.0.0", "headless"), "tcp:6379>tcp", "all"),
      service(
        "orders-valkey-sentinel",
        helm("orders", "valkey-1.0.0", "sentinel", "valkey-sentinel"),
        "sentinel:26379>sentinel",
        "watchers",
      ),
      service(
        "orders-valkey-sentinel-hl",
        helm("orders", "valkey-1.0.0", "sentinel", "valkey-sentinel"),
        "sentinel:26379>sentinel",
        "watchers",
      ),
      service(
        "orders-valkey-haproxy",
        helm("orders", "valkey-1.0.0", "haproxy"),
        "valkey-write:6379 valkey-read:6380",
        "proxy",
      ),
      pod("orders-valkey-0", 1, "all first", "tcp:6379"),
      pod("orders-valkey-1", 2, "all", "tcp:6379"),
      pod("orders-valkey-sentinel-0", 3, "watchers", "sentinel:26379"),
      pod("orders-valkey-haproxy-abc", 4, "proxy"),
    ],
    found: ["orders valkey-helm: 1:6379 primary, 2:6379 unknown"],
  },
  "valkey-helm, nameOverride": {
    objects: [
      service("orders-cache", helm("orders", "valkey-0.11.0", "primary", "cache"), "tcp:6379>tcp", "all"),
      pod("orders-cache-0", 1, "all", "tcp:6379"),
    ],
    found: ["orders valkey-helm: 1:6379 primary"],
  },
  "redis-ha 4.39.0 with haproxy and exporter": {
    objects: [
      service("orders-redis-ha", ha(), "tcp-server:6379 tcp-sentinel:26379 http-exporter-port:9121", "all"),
      service("orders-redis-ha-announce-0", ha(), "tcp-server:6379 tcp-sentinel:26379", "all"),
      service("orders-redis-ha-haproxy", ha(), "tcp-haproxy:6379", "proxy"),
      pod("orders-redis-ha-server-0", 1, "all"),
      pod("orders-redis-ha-haproxy-abc", 9, "proxy"),
    ],
    found: ["orders redis-ha: 1:6379 unknown"],
  },
  "redis-ha, nameOverride": {
    objects: [
      service("orders-cache", ha("redis-ha-4.39.0", "cache"), "tcp-server:6379 tcp-sentinel:26379", "all"),
      service("orders-cache-haproxy", ha("redis-ha-4.39.0", "cache"), "tcp-haproxy:6379", "proxy"),
      pod("orders-cache-server-0", 1, "all"),
    ],
    found: ["orders redis-ha: 1:6379 unknown"],
  },
  "enapter/keydb 0.48.0": {
    objects: [
      service("orders-keydb", helm("orders", "keydb-0.48.0"), "server:6379>keydb", "all"),
      service("orders-keydb-headless", helm("orders", "keydb-0.48.0"), "server:6379>keydb", "all"),
      pod("orders-keydb-0", 1, "all", "keydb:6379"),
      pod("orders-keydb-1", 2, "all", "keydb:6379"),
    ],
    found: [`orders keydb: ${both}`],
  },
  "dragonfly 1.34.1": {
    objects: [
      service("orders-dragonfly", helm("orders", "dragonfly-v1.34.1"), "dragonfly:6379>dragonfly", "all"),
      pod("orders-dragonfly-0", 1, "all", "dragonfly:6379"),
    ],
    found: ["orders dragonfly: 1:6379 unknown"],
  },
  "a chart of one's own that is called redis": {
    objects: [
      service("orders-redis", helm("orders", "redis-5.1.0"), "redis:6379>redis", "all"),
      pod("orders-redis-0", 1, "all"),
    ],
    found: ["orders redis-chart: 1:6379 unknown"],
  },
  "spotahome with spec.redis.port 6380 and an exporter": {
    objects: [
      service(
        "rfr-orders",
        { "redisfailovers.databases.spotahome.com/name": "orders" },
        "http-metrics:9121",
        "all",
      ),
      service("rfrm-orders", { "redisfailovers.databases.spotahome.com/name": "orders" }, "redis:6380", "m"),
      service("rfrs-orders", { "redisfailovers.databases.spotahome.com/name": "orders" }, "redis:6380", "s"),
      pod("rfr-orders-0", 1, "all m"),
      pod("rfr-orders-1", 2, "all s"),
      pod("rfr-orders-2", 3, "all"),
    ],
    found: ["orders spotahome: 1:6380 primary, 2:6380 replica, 3:6380 unknown"],
  },
};
