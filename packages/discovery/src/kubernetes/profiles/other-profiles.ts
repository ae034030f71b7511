import type { NamedProfile } from "./profile-name.ts";
import { headless, master, metrics, proxies } from "./service-rules.ts";

const name = "app.kubernetes.io/name";
const component = "app.kubernetes.io/component";

/** Charts with the labels that were usual before `app.kubernetes.io`, and Redis inside of something larger. */
export const embedded: readonly NamedProfile[] = [
  {
    name: "redis-ha",
    labels: [
      { app: "redis-ha", release: ".+" },
      { chart: "redis-ha-\\d.+", release: ".+" },
    ],
    instance: "{label:release}",
    part: "{label:app}",
    services: [proxies, metrics, { kind: "headless", name: "(.+)" }],
    passwords: ["{full}/auth"],
  },
  {
    name: "stable-redis",
    labels: { chart: "redis-\\d.+", release: ".+" },
    instance: "{label:release}",
    part: "{label:app}",
    services: [metrics, headless, master, { kind: "replicas", name: "(.+)-slave" }],
    passwords: ["{full}/redis-password"],
  },
  {
    name: "argocd",
    labels: [
      { "app.kubernetes.io/part-of": "argocd", [component]: "redis" },
      { [name]: "argocd-redis(?:-ha)?(?:-haproxy)?" },
    ],
    // Without Helm there is no release, and one Argo CD in a namespace.
    instance: ["{label:app.kubernetes.io/instance}", `{label:${name}}`],
    instancePattern: "(.+?)(?:-haproxy)?",
    part: "redis",
    services: [proxies, metrics, { kind: "headless", name: "(.+-ha)" }],
    passwords: ["{full}/auth", "argocd-redis/auth"],
  },
  {
    name: "harbor",
    labels: [
      { app: "harbor", release: ".+" },
      { chart: "harbor", release: ".+" },
    ],
    port: "6379",
    instance: "{label:release}",
    part: "redis",
  },
];

/** What users and other tools put on their Services. */
export const byHand: readonly NamedProfile[] = [
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
    name: "app-redis",
    labels: { app: "redis", instance: ".+" },
    instance: "{label:instance}",
    grouped: false,
  },
];
