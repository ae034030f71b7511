import { helm, pod, service } from "./chart-world.ts";
import type { Rendering } from "./chart-world.ts";

const ha = {
  app: "redis-ha",
  chart: "redis-ha-4.34.11",
  release: "orders",
  heritage: "Helm",
};
const argocd = (name: string): Readonly<Record<string, string>> => ({
  "app.kubernetes.io/name": name,
  "app.kubernetes.io/component": "redis",
  "app.kubernetes.io/part-of": "argocd",
});
const harbor = { app: "harbor", chart: "harbor", release: "registry", heritage: "Helm" };

/** Redis inside of something larger. */
export const embeddedCharts: Readonly<Record<string, Rendering>> = {
  "CloudPirates redis 0.34.18 under the alias cache": {
    objects: [
      service("u-cache", helm("u", "cache-0.34.18"), "tcp-redis:6379", "all"),
      service("u-cache-headless", helm("u", "cache-0.34.18"), "tcp-redis:6379", "all"),
      pod("u-cache-0", 1, "all"),
    ],
    found: ["u cloudpirates-redis: 1:6379 unknown"],
  },
  "CloudPirates valkey 0.20.2 under the alias queue": {
    objects: [
      service("u-queue", helm("u", "queue-0.20.2"), "tcp-valkey:6379", "all"),
      pod("u-queue-0", 1, "all"),
    ],
    found: ["u cloudpirates-valkey: 1:6379 unknown"],
  },
  "bitnami redis 23.1.1 under the alias cache": {
    objects: [
      service("u-cache-master", helm("u", "cache-23.1.1", "master"), "tcp-redis:6379", "all"),
      service("u-cache-headless", helm("u", "cache-23.1.1"), "tcp-redis:6379", "all"),
      pod("u-cache-master-0", 1, "all"),
    ],
    found: ["u bitnami-redis: 1:6379 primary"],
  },
  "langfuse, which calls its valkey-helm 0.9.4 redis": {
    objects: [
      service("lf-langfuse-web", helm("lf", "langfuse-2.0.0", "web", "langfuse"), "http:3000", "web"),
      service("lf-redis", helm("lf", "redis-0.9.4", "primary"), "tcp:6379>tcp", "all"),
      pod("lf-redis-0", 1, "all", "tcp:6379"),
    ],
    found: ["lf valkey-helm: 1:6379 primary"],
  },
  "oauth2-proxy with redis-ha inside": {
    objects: [
      service("orders-oauth2-proxy", helm("orders", "oauth2-proxy-8.3.2"), "http:80", "web"),
      service("orders-redis-ha", ha, "tcp-server:6379 tcp-sentinel:26379", "all"),
      pod("orders-redis-ha-server-0", 1, "all"),
    ],
    found: ["orders redis-ha: 1:6379 unknown"],
  },
  "argo-cd 10.1.1, its own Redis": {
    objects: [
      service(
        "argocd-redis",
        { ...helm("argocd", "argo-cd-10.1.1"), ...argocd("argocd-redis") },
        "redis:6379>redis",
        "all",
      ),
      service(
        "argocd-server",
        { ...helm("argocd", "argo-cd-10.1.1"), "app.kubernetes.io/part-of": "argocd" },
        "http:80",
        "web",
      ),
      pod("argocd-redis-5d4f8c7b6-x2x7k", 1, "all"),
    ],
    found: ["argocd argocd: 1:6379 unknown"],
  },
  "Argo CD by its manifests": {
    objects: [
      service("argocd-redis", argocd("argocd-redis"), "tcp-redis:6379", "all"),
      pod("argocd-redis-5d4f8c7b6-x2x7k", 1, "all"),
    ],
    found: ["argocd-redis argocd: 1:6379 unknown"],
  },
  "Argo CD by its manifests, which an application of its own keeps": {
    objects: [
      service(
        "argocd-redis",
        { ...argocd("argocd-redis"), "app.kubernetes.io/instance": "argocd" },
        "tcp-redis:6379",
        "all",
      ),
      pod("argocd-redis-5d4f8c7b6-x2x7k", 1, "all"),
    ],
    found: ["argocd argocd: 1:6379 unknown"],
  },
  "Argo CD by its HA manifests": {
    objects: [
      service("argocd-redis-ha", argocd("argocd-redis-ha"), "tcp-server:6379 tcp-sentinel:26379", "all"),
      service(
        "argocd-redis-ha-announce-0",
        argocd("argocd-redis-ha"),
        "tcp-server:6379 tcp-sentinel:26379",
        "all",
      ),
      service("argocd-redis-ha-haproxy", argocd("argocd-redis-ha-haproxy"), "tcp-haproxy:6379", "proxy"),
      pod("argocd-redis-ha-server-0", 1, "all"),
    ],
    found: ["argocd-redis-ha argocd: 1:6379 unknown"],
  },
  "harbor with its own Redis": {
    objects: [
      service("registry-harbor-core", harbor, "http-web:80", "web"),
      service("registry-harbor-database", harbor, ":5432", "db"),
      service("registry-harbor-redis", harbor, ":6379", "all"),
      pod("registry-harbor-redis-0", 1, "all"),
    ],
    found: ["registry harbor: 1:6379 unknown"],
  },
};
