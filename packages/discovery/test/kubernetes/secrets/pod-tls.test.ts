import { expect, test } from "vitest";

import type { KubernetesSource } from "../../../src/kubernetes/index.ts";
import { KubernetesSecrets } from "../../../src/kubernetes/index.ts";
import { from, mount, secretsWith, volume } from "./pod-facts.ts";
import type { Secrets } from "./pod-facts.ts";

const reference = "pod:shop/orders-0" as const;
const usual = { "ca.crt": "CA", "tls.crt": "C", "tls.key": "K" };
const whole = { ca: "CA", cert: "C", key: "K" };

interface Case {
  readonly what: string;
  readonly spec: object;
  readonly secrets?: Secrets;
  readonly port?: number;
  readonly found: object | undefined;
}

const redis = (container: object, ...volumes: readonly object[]): object => ({
  containers: [{ name: "redis", ...container }],
  volumes,
});
const variables = (values: Readonly<Record<string, string>>): readonly object[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));
const bitnami = (prefix: string, more: Readonly<Record<string, string>> = {}): object =>
  redis(
    {
      env: variables({
        [`${prefix}_TLS_ENABLED`]: "yes",
        [`${prefix}_TLS_PORT_NUMBER`]: "6379",
        [`${prefix}_TLS_AUTH_CLIENTS`]: "yes",
        [`${prefix}_TLS_CERT_FILE`]: "/opt/bitnami/certs/my.crt",
        [`${prefix}_TLS_KEY_FILE`]: "/opt/bitnami/certs/my.key",
        [`${prefix}_TLS_CA_FILE`]: "/opt/bitnami/certs/authority.pem",
        ...more,
      }),
      volumeMounts: [mount("certificates", "/opt/bitnami/certs")],
    },
    volume("certificates", "own"),
  );
const own = { own: { "my.crt": "C", "my.key": "K", "authority.pem": "CA", "other.crt": "x" } };
const probe = { exec: { command: ["sh", "-c", "valkey-cli --cacert /tls/root.crt --tls ping"] } };
const ha = (...ports: readonly (readonly [string, number])[]): object =>
  redis(
    {
      ports: ports.map(([name, containerPort]) => ({ name, containerPort })),
      volumeMounts: [mount("tls-certs", "/tls-certs")],
    },
    volume("tls-certs", "own"),
  );

const cases: readonly Case[] = [
  { what: "says nothing", spec: redis({}), found: undefined },
  {
    what: "bitnami/redis: under the names that its variables say",
    spec: bitnami("REDIS"),
    secrets: own,
    found: whole,
  },
  { what: "bitnami/valkey likewise", spec: bitnami("VALKEY"), secrets: own, found: whole },
  {
    what: "bitnami: clients show no certificate where none is asked for",
    spec: bitnami("REDIS", { REDIS_TLS_AUTH_CLIENTS: "no" }),
    secrets: own,
    found: { ca: "CA" },
  },
  {
    what: "bitnami: generated certificates, from items",
    spec: redis(
      {
        env: variables({ REDIS_TLS_ENABLED: "yes", REDIS_TLS_CA_FILE: "/c/ca.crt" }),
        volumeMounts: [mount("redis-certificates", "/c")],
      },
      volume("redis-certificates", "orders-redis-crt", {
        "ca.crt": "ca.crt",
        "tls.crt": "tls.crt",
        "tls.key": "tls.key",
      }),
    ),
    secrets: { "orders-redis-crt": usual },
    found: whole,
  },
  {
    what: "speaks it, and names no certificates",
    spec: redis({ env: variables({ REDIS_TLS_ENABLED: "yes" }) }),
    found: {},
  },
  {
    what: "speaks it, and its Secret is not there",
    spec: bitnami("REDIS"),
    found: {},
  },
  {
    what: "switched off although certificates are mounted",
    spec: bitnami("REDIS", { REDIS_TLS_ENABLED: "no" }),
    secrets: own,
    found: undefined,
  },
  {
    what: "OT: TLS_MODE",
    spec: redis(
      {
        env: variables({
          TLS_MODE: "true",
          REDIS_TLS_CA_KEY: "/tls/ca.crt",
          REDIS_TLS_CERT: "/tls/tls.crt",
          REDIS_TLS_CERT_KEY: "/tls/tls.key",
        }),
        volumeMounts: [mount("tls-certs", "/tls")],
      },
      volume("tls-certs", "own"),
    ),
    secrets: { own: usual },
    found: whole,
  },
  {
    what: "arguments",
    spec: redis(
      {
        command: ["redis-server"],
        args: [
          "--port",
          "0",
          "--tls-port",
          "6380",
          "--tls-ca-cert-file",
          "/t/a",
          "--tls-cert-file",
          "/t/b",
        ].concat("--tls-key-file=/t/c"),
        volumeMounts: [mount("v", "/t")],
      },
      volume("v", "own"),
    ),
    secrets: { own: { a: "CA", b: "C", c: "K" } },
    port: 6380,
    found: whole,
  },
  {
    what: "arguments: an optional client certificate is not shown",
    spec: redis(
      {
        args: ["redis-server --tls-port 6380 --tls-auth-clients optional --tls-ca-cert-file /t/ca.crt"],
        volumeMounts: [mount("v", "/t")],
      },
      volume("v", "own"),
    ),
    secrets: { own: usual },
    found: { ca: "CA" },
  },
  {
    what: "dragonfly: --tls",
    spec: redis(
      {
        args: ["--tls", "--tls_cert_file=/etc/dragonfly-tls/tls.crt"],
        volumeMounts: [mount("dragonfly-tls", "/etc/dragonfly-tls")],
      },
      volume("dragonfly-tls", "own"),
    ),
    secrets: { own: usual },
    found: whole,
  },
  {
    what: "valkey-helm: what its probes speak",
    spec: redis(
      { readinessProbe: probe, volumeMounts: [mount("orders-valkey-tls", "/tls")] },
      volume("orders-valkey-tls", "own"),
    ),
    secrets: { own: { "root.crt": "CA", "server.crt": "C", "server.key": "K" } },
    found: whole,
  },
  {
    what: "certificates that a client probes past",
    spec: redis(
      {
        livenessProbe: { exec: { command: ["redis-cli", "ping"] } },
        volumeMounts: [mount("backup-certs", "/backup/certs")],
      },
      volume("backup-certs", "own"),
    ),
    secrets: { own: usual },
    found: undefined,
  },
  {
    what: "redis-ha: the port with TLS",
    spec: ha(["redis", 6379], ["redis-tls", 6380]),
    secrets: { own: usual },
    port: 6380,
    found: whole,
  },
  {
    what: "redis-ha: the port without",
    spec: ha(["redis", 6379], ["redis-tls", 6380]),
    secrets: { own: usual },
    port: 6379,
    found: undefined,
  },
  {
    what: "redis-ha without a plain port",
    spec: ha(["redis-tls", 6385]),
    secrets: { own: { "ca.crt": "CA" } },
    port: 6385,
    found: { ca: "CA" },
  },
  {
    what: "a bundle of authorities is not its certificate",
    spec: redis({ volumeMounts: [mount("ca-bundle", "/etc/ssl/certs")] }, volume("ca-bundle", "own")),
    secrets: { own: { "ca.crt": "x" } },
    found: undefined,
  },
  {
    what: "that of a Sentinel or an exporter is not the server's",
    spec: {
      containers: [
        { name: "redis" },
        { name: "sentinel", env: variables({ REDIS_SENTINEL_TLS_ENABLED: "yes", TLS_ENABLED: "yes" }) },
        { name: "exporter", args: ["--tls"] },
      ],
    },
    found: undefined,
  },
];

test.for(cases)("$what", async ({ spec, secrets = {}, port, found }) => {
  const { secrets: api } = secretsWith(spec, secrets);
  expect(await api.tls(reference, port === undefined ? {} : { port })).toEqual(found);
});

test("a Pod that is not there says nothing", async () => {
  expect(await secretsWith(undefined, {}).secrets.tls(reference)).toBeUndefined();
});

test("a Pod that may not be read says nothing, and a condition says that, for as long as it is so", async () => {
  const conditions = new Map<string, readonly { readonly reason: string; readonly object: string }[]>();
  const source: Pick<KubernetesSource, "report"> = {
    report: (cause, all) => void conditions.set(cause, all),
  };
  let answer: () => object = () => {
    throw Object.assign(new Error("no"), { status: 403 });
  };
  const secrets = new KubernetesSecrets({ api: { get: async <T>() => answer() as T }, source });
  expect(await secrets.tls(reference)).toBeUndefined();
  await expect(secrets.resolve(reference)).rejects.toMatchObject({ status: 403 });
  expect([...conditions.values()]).toMatchObject([[{ reason: "PodUnreadable", object: "Namespace shop" }]]);
  answer = () => ({ spec: redis({ env: [from("X", "s", "k"), ...variables({ TLS_MODE: "true" })] }) });
  expect(await secrets.tls(reference)).toEqual({});
  expect([...conditions.values()]).toEqual([[]]);
});
