import { readFileSync, readdirSync } from "node:fs";

import { parseAllDocuments } from "yaml";

import type { Instance } from "../../src/index.ts";

/** A Service, a Pod or a slice as the API server would send it, so far as these tests look. */
export interface Raw {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
  readonly [field: string]: unknown;
}

const folder = new URL("fixtures/", import.meta.url);

/** The names of all fixtures; each begins with that of its profile. */
export const fixtureNames: readonly string[] = readdirSync(folder)
  .map((file) => file.replace(/\.yaml$/, ""))
  .toSorted();

/** The Services and Pods of a fixture, in a namespace. */
export function fixture(name: string, namespace: string): readonly Raw[] {
  const text = readFileSync(new URL(`${name}.yaml`, folder), "utf8");
  return parseAllDocuments(text).map((document) => {
    const object = document.toJS() as Raw;
    return { ...object, metadata: { ...object.metadata, namespace } };
  });
}

/** Where the Nodes of the fixtures stand. */
export const zones: Readonly<Record<string, string>> = { "node-a": "eu-1a", "node-b": "eu-1b" };

/** What is found in a fixture, in the namespace "shop". An endpoint: `host:port role zone`. */
export interface Found {
  readonly name: string;
  readonly profile: string;
  readonly endpoints: readonly string[];
  readonly passwords?: readonly string[];
  /** What else is there, but labels. */
  readonly more?: Partial<Instance>;
}

export function found({
  name,
  profile = "none",
  endpoints,
  credentials,
  uid: _uid,
  namespace: _namespace,
  labels: _labels,
  state,
  reads,
  tls,
  ...rest
}: Instance): Found {
  const { password = [], ...account } = credentials ?? {};
  const passwords = [password].flat();
  const more: Partial<Instance> = {
    ...rest,
    // That a Pod is asked about TLS is so with each of them.
    ...(tls !== undefined && tls.optional !== true && { tls }),
    ...(Object.keys(account).length > 0 && { credentials: account }),
    ...(state !== "ready" && { state }),
    ...(reads !== "primary" && { reads }),
  };
  return {
    name,
    profile,
    endpoints: endpoints.map(({ host, port, role, zone }) => `${host}:${port} ${role} ${zone}`),
    ...(passwords.length > 0 && { passwords }),
    ...(Object.keys(more).length > 0 && { more }),
  };
}

const sentinel = (host: string, master = "mymaster"): Partial<Instance> => ({
  sentinel: { host: `${host}.shop.svc`, port: 26_379, master },
});
const cluster = { cluster: true } as const;
/** What the certificate may carry that these Services' server shows. */
const named = (...services: readonly string[]): { readonly servername: readonly string[] } => {
  const names = services.map((service) => `${service}.shop.svc`);
  return { servername: [...names, ...names.map((name) => `${name}.cluster.local`)] };
};

/** What each fixture is. */
export const expected: Readonly<Record<string, readonly Found[]>> = {
  annotated: [
    {
      name: "ledger",
      profile: "annotated",
      endpoints: ["10.20.23.1:7001 primary eu-1a", "10.20.23.2:7001 replica eu-1b"],
      passwords: ["secret:shop/ledger-auth/fleet"],
      more: {
        group: "ledgers",
        state: "drain",
        reads: "any",
        credentials: { username: "fleet" },
        tls: { secret: "shop/ledger-tls", servername: "ledger.example.com" },
      },
    },
  ],
  "bitnami-redis": [
    {
      name: "orders",
      profile: "bitnami-redis",
      endpoints: [
        "10.20.3.1:6379 primary eu-1a",
        "10.20.3.2:6379 replica eu-1b",
        "10.20.3.3:6379 replica eu-1a",
      ],
      passwords: [
        "secret:shop/orders-redis-svcbind/password",
        "pod:shop/orders-redis-master-0",
        "secret:shop/orders-redis/redis-password",
      ],
    },
  ],
  "bitnami-redis-cluster": [
    {
      name: "users",
      profile: "bitnami-redis-cluster",
      endpoints: [
        "10.20.5.1:6379 unknown eu-1a",
        "10.20.5.2:6379 unknown eu-1b",
        "10.20.5.3:6379 unknown eu-1a",
      ],
      passwords: [
        "secret:shop/users-redis-cluster-svc-binding/password",
        "pod:shop/users-redis-cluster-0",
        "secret:shop/users-redis-cluster/redis-password",
      ],
      more: cluster,
    },
  ],
  "bitnami-redis-sentinel": [
    {
      name: "redis",
      profile: "bitnami-redis",
      endpoints: ["10.20.4.1:6379 unknown eu-1a", "10.20.4.2:6379 unknown eu-1b"],
      passwords: [
        "secret:shop/redis-svcbind/password",
        "pod:shop/redis-node-0",
        "secret:shop/redis/redis-password",
      ],
      more: {
        reads: "replica",
        tls: { secret: ["pod:shop/redis-node-0", "shop/redis-crt"], ...named("redis", "redis-headless") },
        ...sentinel("redis"),
      },
    },
  ],
  "bitnami-valkey": [
    {
      name: "cache",
      profile: "bitnami-valkey",
      endpoints: ["10.20.6.1:6379 primary eu-1a", "10.20.6.2:6379 replica eu-1b"],
      passwords: [
        "secret:shop/cache-valkey-svcbind/password",
        "pod:shop/cache-valkey-primary-0",
        "secret:shop/cache-valkey/valkey-password",
      ],
    },
  ],
  "bitnami-valkey-cluster": [
    {
      name: "feeds",
      profile: "bitnami-valkey-cluster",
      endpoints: ["10.20.7.1:6379 unknown eu-1a", "10.20.7.2:6379 unknown eu-1a"],
      passwords: [
        "secret:shop/feeds-valkey-cluster-svc-binding/password",
        "pod:shop/feeds-valkey-cluster-0",
        "secret:shop/feeds-valkey-cluster/valkey-password",
      ],
      more: cluster,
    },
  ],
  "cloudpirates-redis": [
    {
      name: "my-redis",
      profile: "cloudpirates-redis",
      endpoints: ["10.20.8.1:6379 primary eu-1a", "10.20.8.2:6379 unknown eu-1a"],
      passwords: ["pod:shop/my-redis-0", "secret:shop/my-redis/redis-password"],
    },
  ],
  "cloudpirates-redis-sentinel": [
    {
      name: "sess",
      profile: "cloudpirates-redis",
      endpoints: ["10.20.9.1:6380 unknown eu-1a", "10.20.9.2:6380 unknown eu-1a"],
      passwords: ["pod:shop/sess-redis-0", "secret:shop/sess-redis/redis-password"],
      more: {
        tls: {
          secret: ["pod:shop/sess-redis-0"],
          ...named("sess-redis-master", "sess-redis", "sess-redis-headless"),
        },
        ...sentinel("sess-redis-sentinel"),
      },
    },
  ],
  "cloudpirates-valkey": [
    {
      name: "my-valkey",
      profile: "cloudpirates-valkey",
      endpoints: ["10.20.10.1:6379 unknown eu-1a", "10.20.10.2:6379 unknown eu-1a"],
      passwords: ["pod:shop/my-valkey-0", "secret:shop/my-valkey/password"],
    },
  ],
  dragonfly: [
    {
      name: "dragonfly-sample",
      profile: "dragonfly",
      endpoints: ["10.20.17.1:6379 primary eu-1a"],
      passwords: ["pod:shop/dragonfly-sample-0"],
    },
  ],
  hyperspike: [
    {
      name: "keyval",
      profile: "hyperspike",
      endpoints: ["10.20.18.1:6379 unknown eu-1a"],
      passwords: ["pod:shop/keyval-0", "secret:shop/keyval/password"],
      more: cluster,
    },
  ],
  kubeblocks: [
    {
      name: "mall-redis",
      profile: "kubeblocks",
      endpoints: ["10.20.20.1:6379 unknown eu-1a", "10.20.20.2:6379 primary eu-1b"],
      passwords: ["pod:shop/mall-redis-0", "secret:shop/mall-redis-account-default/password"],
      more: sentinel("mall-redis-sentinel-redis-sentinel", "mall-redis"),
    },
  ],
  ot: [
    {
      name: "redis-standalone",
      profile: "ot",
      endpoints: ["10.20.12.1:6379 unknown eu-1a"],
      passwords: ["pod:shop/redis-standalone-0"],
    },
  ],
  "ot-cluster": [
    {
      name: "shards",
      profile: "ot-cluster",
      endpoints: ["10.20.15.2:6379 unknown eu-1b", "10.20.15.1:6379 unknown eu-1a"],
      passwords: ["pod:shop/shards-follower-0"],
      more: cluster,
    },
  ],
  "ot-replication": [
    {
      name: "carts",
      profile: "ot",
      endpoints: [
        "10.20.13.1:6379 replica eu-1a",
        "10.20.13.2:6379 primary eu-1b",
        "10.20.13.3:6379 replica eu-1a",
      ],
      passwords: ["pod:shop/carts-0"],
      more: sentinel("carts-s-hl"),
    },
  ],
  "ot-sentinel": [],
  "redis-ha": [
    {
      name: "gitops",
      profile: "redis-ha",
      endpoints: ["10.20.21.1:6379 unknown eu-1a"],
      passwords: ["pod:shop/gitops-redis-ha-server-0", "secret:shop/gitops-redis-ha/auth"],
      more: sentinel("gitops-redis-ha"),
    },
  ],
  redisgate: [
    {
      name: "carts",
      profile: "redisgate",
      endpoints: ["10.20.2.1:6379 unknown eu-1a"],
      passwords: ["pod:shop/redis-carts-5d4f8c7b6-x2x7k", "secret:shop/redis-carts-secret/redis-password"],
    },
  ],
  "sap-redis": [
    {
      name: "test",
      profile: "sap-redis",
      endpoints: ["10.20.22.1:6379 unknown eu-1a", "10.20.22.2:6379 unknown eu-1a"],
      passwords: [
        "secret:shop/redis-test-binding/password",
        "pod:shop/redis-test-node-0",
        "secret:shop/redis-test/redis-password",
      ],
      more: sentinel("redis-test"),
    },
  ],
  "app-redis": [
    {
      name: "orders",
      profile: "app-redis",
      endpoints: ["10.20.1.1:6379 unknown eu-1a"],
      passwords: ["pod:shop/redis-orders-0"],
    },
    {
      name: "sessions",
      profile: "app-redis",
      endpoints: ["10.20.1.2:7000 unknown eu-1b"],
      passwords: ["pod:shop/sessions-0"],
    },
  ],
  spotahome: [
    {
      name: "wallet",
      profile: "spotahome",
      endpoints: [
        "10.20.16.1:6379 replica eu-1a",
        "10.20.16.2:6379 primary eu-1b",
        "10.20.16.3:6379 unknown eu-1a",
      ],
      passwords: ["pod:shop/rfr-wallet-0"],
      more: sentinel("rfs-wallet"),
    },
  ],
  "valkey-helm": [
    {
      name: "vk",
      profile: "valkey-helm",
      endpoints: ["10.20.11.1:6379 primary eu-1a", "10.20.11.2:6379 unknown eu-1a"],
      passwords: ["pod:shop/vk-valkey-0", "secret:shop/vk-valkey-auth/default-password"],
    },
  ],
  "valkey-operator": [
    {
      name: "mycluster",
      profile: "valkey-operator",
      endpoints: ["10.20.19.1:6379 unknown eu-1a", "10.20.19.2:6379 unknown eu-1a"],
      passwords: ["pod:shop/valkey-mycluster-0-0-0", "secret:shop/mycluster-users/app"],
      more: { credentials: { username: "app" }, ...cluster },
    },
  ],
};
