import { expect, test } from "vitest";

import { discoveryText } from "../../src/admin/discovery-text.ts";

const source = {
  name: "kubernetes",
  state: "current",
  instances: 2,
  conflicts: [],
  lastSyncAgeMs: 1234,
  lastError: undefined,
  profiles: {},
  conditions: [],
  resources: [],
} as const;

test("a fleet as it was found, a line a fact", () => {
  const resource = {
    resource: "services/shop",
    state: "watching",
    objects: 1,
    hasSynced: true,
    lastSyncAgeMs: 20,
    lists: 2,
    restarts: { timeout: 3, expired: 1 },
    events: {},
    decodeErrors: 0,
  } as const;
  const condition = { reason: "NoPort", object: "Service shop/web", message: "it has\nno port" };
  const text = discoveryText({
    sources: [
      {
        ...source,
        profiles: { "app-redis": 1, "bitnami-redis": 1 },
        resources: [resource, { ...resource, resource: "endpointslices/shop", lastSyncAgeMs: undefined }],
        conditions: [condition],
        conflicts: ["cache"],
      },
      {
        ...source,
        name: "dns",
        state: "failed",
        instances: 0,
        lastSyncAgeMs: undefined,
        lastError: "FLEET_X",
        error: "it said\n  so",
      },
    ],
    rights: {
      missing: [
        { verb: "watch", group: "discovery.k8s.io", resource: "endpointslices", namespace: "shop" },
        { verb: "get", group: "", resource: "secrets" },
      ],
    },
    instances: [
      {
        name: "orders",
        source: "kubernetes",
        profile: "bitnami-redis",
        namespace: "shop",
        group: "g",
        state: "drain",
        endpoints: [
          { uid: "1", host: "10.20.0.5", port: 6379, role: "primary", zone: "a" },
          { uid: "2", host: "10.20.0.6", port: 6379, role: "unknown", leaving: true },
        ],
        credentials: { username: "app" },
        passwords: [
          { reference: "secret:shop/bound/password", outcome: "missing" },
          { reference: "secret:shop/orders/key", outcome: "key missing", detail: "its keys are a, b" },
        ],
        certificates: [
          { reference: "pod:shop/orders-0", outcome: "speaks no TLS" },
          { reference: "shop/orders-crt", outcome: "exists" },
        ],
      },
      { name: "empty", state: "ready", endpoints: [] },
    ],
  });
  expect(text).toBe(`source kubernetes: current, 2 instances (1 app-redis, 1 bitnami-redis), synced 1.2 s ago
  not served: cache, whose name or uid another source has
  services/shop: watching, 1 object, 2 lists, 4 restarts, current 0.0 s ago
  endpointslices/shop: watching, 1 object, 2 lists, 4 restarts
  NoPort: Service shop/web: it has; no port
source dns: failed, 0 instances, never synced
  failed: FLEET_X it said; so
right missing: watch endpointslices.discovery.k8s.io in namespace shop
right missing: get secrets in every namespace

orders, drain, bitnami-redis, from kubernetes, namespace shop, group g
  10.20.0.5:6379 primary, zone a
  10.20.0.6:6379 unknown, leaving
  user name app
  password secret:shop/bound/password: missing
  password secret:shop/orders/key: key missing (its keys are a, b)
  certificates pod:shop/orders-0: speaks no TLS
  certificates shop/orders-crt: exists
empty, ready
  no endpoints
`);
});

test("what may be Redis and is not recognised is listed with what makes it an instance, and reported once", () => {
  const conditions = [{ reason: "Unrecognised", object: "Service shop/cache", message: "m" }];
  const found = { sources: [{ ...source, conditions }], instances: [] };
  const remedy = "kubectl label service -n shop cache fleet.dev/instance=cache";
  const unrecognised = [{ namespace: "shop", service: "cache", ports: ["redis 6379", "9000"], remedy }];
  const line = "source kubernetes: current, 2 instances, synced 1.2 s ago";
  expect(discoveryText({ ...found, unrecognised })).toBe(`${line}

no instances

1 Service that no profile recognises and that may be Redis; a label makes one an instance:
  shop/cache (redis 6379, 9000)
    ${remedy}
`);
  const [one] = unrecognised;
  const byImage = [{ ...one!, ports: ["7000"], image: "redis:8" }];
  const text = discoveryText({ ...found, unrecognised: byImage, imagesError: "no\nanswer" });
  expect(text).toContain("\n  shop/cache (7000, image redis:8)\n");
  expect(text).toContain("\nimages of Pods: not known: no; answer\n");
  expect(discoveryText(found)).toBe(`${line}
  Unrecognised: Service shop/cache: m

no instances
`);
});

test("rights that are all there, or that nobody could be asked for, and no instances", () => {
  const found = { sources: [], instances: [] };
  expect(discoveryText({ ...found, rights: { missing: [] } })).toBe(
    "rights: none is missing\n\nno instances\n",
  );
  expect(discoveryText({ ...found, rights: { missing: [], error: "no\nanswer" } })).toBe(
    "rights: not known: no; answer\n\nno instances\n",
  );
  expect(discoveryText(found)).toBe("\nno instances\n");
});
