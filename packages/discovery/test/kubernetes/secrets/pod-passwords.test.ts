import { expect, test } from "vitest";

import { from, mount, secretsWith, volume } from "./pod-facts.ts";
import type { Secrets } from "./pod-facts.ts";

const reference = "pod:shop/orders-0";

interface Case {
  readonly what: string;
  readonly spec: object;
  readonly secrets?: Secrets;
  readonly user?: string;
  readonly found: { readonly username?: string; readonly password: string } | undefined;
}

const server = (container: object): object => ({ containers: [{ name: "redis", ...container }] });
const exporter = (env: readonly object[]): object => ({
  name: "metrics",
  image: "oliver006/redis_exporter",
  env,
});
const users = { containers: [{ name: "valkey" }], volumes: [volume("valkey-users-secret", "users")] };
const initialised = {
  initContainers: [
    { name: "vk-valkey-init", volumeMounts: [mount("valkey-auth-secret", "/valkey-auth-secret")] },
  ],
  containers: [{ name: "vk-valkey", command: ["valkey-server"] }],
  volumes: [volume("valkey-auth-secret", "auth")],
};

const cases: readonly Case[] = [
  {
    what: "redis-ha, and Argo CD: AUTH from a Secret of any name and key",
    spec: { containers: [{ name: "redis", env: [from("AUTH", "argocd-redis", "auth")] }] },
    secrets: { "argocd-redis": { auth: "p" } },
    found: { password: "p" },
  },
  {
    what: "redis-ha: that of the Sentinels is another",
    spec: {
      containers: [
        { name: "sentinel", env: [from("AUTH", "s", "a"), from("SENTINELAUTH", "s", "b")] },
        { name: "redis", env: [from("SENTINELAUTH", "s", "b"), from("AUTH", "s", "a")] },
      ],
    },
    secrets: { s: { a: "p", b: "of the Sentinels" } },
    found: { password: "p" },
  },
  {
    what: "groundhog2k: a variable in the arguments, whatever it is called",
    spec: server({ args: ["--requirepass", "$(SECRET_WORD)"], env: [from("SECRET_WORD", "s", "w")] }),
    secrets: { s: { w: "p" } },
    found: { password: "p" },
  },
  {
    what: "the shell's way to write it, before every other variable",
    spec: server({
      command: ["sh", "-c", 'exec redis-server --port 6379 --requirepass "${WORD}"'],
      env: [from("REDIS_PASSWORD", "s", "other"), from("WORD", "s", "w")],
    }),
    secrets: { s: { w: "p", other: "o" } },
    found: { password: "p" },
  },
  {
    what: "a variable of envFrom in the arguments",
    spec: server({
      args: ["--requirepass=$(X_WORD)"],
      envFrom: [{ prefix: "X_", secretRef: { name: "s" } }],
    }),
    secrets: { s: { WORD: "p" } },
    found: { password: "p" },
  },
  {
    what: "in clear in the arguments",
    spec: server({ args: ["--requirepass", "p"] }),
    found: { password: "p" },
  },
  {
    what: "in clear in a variable",
    spec: server({ env: [{ name: "REDIS_PASSWORD", value: "p" }] }),
    found: { password: "p" },
  },
  {
    what: "a variable that takes it from another",
    spec: server({ env: [from("BASE", "s", "w"), { name: "REDIS_PASSWORD", value: "$(BASE)" }] }),
    secrets: { s: { w: "p" } },
    found: { password: "p" },
  },
  {
    what: "switches are no passwords",
    spec: server({
      env: [
        { name: "ALLOW_EMPTY_PASSWORD", value: "yes" },
        { name: "REDIS_AUTH", value: "true" },
        { name: "REDIS_TLS_AUTH_CLIENTS", value: "no" },
      ],
    }),
    found: undefined,
  },
  {
    what: "the likeliest of several variables, in whatever order they stand",
    spec: server({
      env: [
        from("REDIS_MASTER_PASSWORD", "s", "m"),
        from("MY_PASS", "s", "x"),
        from("REDIS_PASSWORD", "s", "p"),
      ],
    }),
    secrets: { s: { m: "m", x: "x", p: "p" } },
    found: { password: "p" },
  },
  {
    what: "the user beside it",
    spec: server({ env: [{ name: "REDIS_USERNAME", value: "app" }, from("REDIS_PASSWORD", "s", "p")] }),
    secrets: { s: { p: "p" } },
    found: { username: "app", password: "p" },
  },
  {
    what: "the user beside it, from a Secret",
    spec: server({ env: [from("REDIS_USER", "s", "u"), from("REDIS_PASSWORD", "s", "p")] }),
    secrets: { s: { u: "app", p: "p" } },
    found: { username: "app", password: "p" },
  },
  {
    what: "every key of a Secret as a variable: one of Redis' own name",
    spec: server({ envFrom: [{ secretRef: { name: "s" } }] }),
    secrets: { s: { SENTINEL_PASSWORD: "s", REDIS_PASS: "p", SMTP_PASSWORD: "o" } },
    found: { password: "p" },
  },
  {
    what: "Bitnami: the file that a variable names, under whatever key",
    spec: {
      containers: [
        {
          name: "redis",
          env: [{ name: "REDIS_PASSWORD_FILE", value: "/opt/bitnami/redis/secrets/redis-password" }],
          volumeMounts: [mount("redis-password", "/opt/bitnami/redis/secrets/")],
        },
      ],
      volumes: [volume("redis-password", "own", { "redis-password": "my-key" })],
    },
    secrets: { own: { "my-key": "p" } },
    found: { password: "p" },
  },
  {
    what: "a mounted Secret with a file of the password anywhere",
    spec: {
      containers: [{ name: "redis", volumeMounts: [mount("v", "/run/redis")] }],
      volumes: [volume("v", "own")],
    },
    secrets: { own: { "redis.conf": "maxmemory 1mb", "my-password": "p" } },
    found: { password: "p" },
  },
  {
    what: "a configuration in a Secret",
    spec: {
      containers: [{ name: "redis", volumeMounts: [mount("v", "/etc/redis")] }],
      volumes: [volume("v", "own")],
    },
    secrets: { own: { "redis.conf": 'maxmemory 1mb\nrequirepass "p"\n' } },
    found: { password: "p" },
  },
  {
    what: "a list of users in a Secret",
    spec: {
      containers: [{ name: "redis", volumeMounts: [mount("acl", "/etc/redis/acl")] }],
      volumes: [volume("acl", "own", { "users.acl": "users.acl" })],
    },
    secrets: { own: { "users.acl": "user app on >a ~* +@all\nuser default on >p ~* +@all" } },
    found: { username: "default", password: "p" },
  },
  {
    what: "a list of users in a Secret, for one of them",
    spec: {
      containers: [{ name: "redis", volumeMounts: [mount("acl", "/etc/redis/acl")] }],
      volumes: [volume("acl", "own")],
    },
    secrets: { own: { "users.acl": "user app on >a ~* +@all\nuser default on >p ~* +@all" } },
    user: "app",
    found: { username: "app", password: "a" },
  },
  {
    what: "valkey-helm's users: the default user's key",
    spec: users,
    secrets: { users: { app: "a", default: "p" } },
    found: { password: "p" },
  },
  {
    what: "valkey-helm's users: that of the user that is wanted",
    spec: users,
    secrets: { users: { app: "a", default: "p" } },
    user: "app",
    found: { username: "app", password: "a" },
  },
  {
    what: "valkey-helm's users: the only one there is",
    spec: users,
    secrets: { users: { app: "a" } },
    found: { username: "app", password: "a" },
  },
  {
    what: "valkey-helm's users: several, and none is the default",
    spec: users,
    secrets: { users: { app: "a", other: "o" } },
    found: undefined,
  },
  {
    what: "valkey-helm's own Secret, which an init container mounts",
    spec: initialised,
    secrets: { auth: { "default-password": "p", "app-password": "a" } },
    found: { password: "p" },
  },
  {
    what: "valkey-helm: the exporter says which key is the default user's",
    spec: { ...users, containers: [{ name: "valkey" }, exporter([from("REDIS_PASSWORD", "users", "main")])] },
    secrets: { users: { main: "p", other: "o" } },
    found: { password: "p" },
  },
  {
    what: "valkey-operator: the exporter's password goes with the exporter's user",
    spec: {
      containers: [
        { name: "server", ports: [{ containerPort: 6379 }] },
        exporter([{ name: "REDIS_USER", value: "_exporter" }, from("REDIS_PASSWORD", "s", "_exporter")]),
      ],
    },
    secrets: { s: { _exporter: "e" } },
    found: { username: "_exporter", password: "e" },
  },
  {
    what: "and is not that of another user",
    spec: {
      containers: [
        { name: "server", ports: [{ containerPort: 6379 }] },
        exporter([{ name: "REDIS_USER", value: "_exporter" }, from("REDIS_PASSWORD", "s", "_exporter")]),
      ],
    },
    secrets: { s: { _exporter: "e" } },
    user: "app",
    found: undefined,
  },
  {
    what: "a sidecar without a user is not asked",
    spec: { containers: [{ name: "redis" }, exporter([from("REDIS_PASSWORD", "s", "x")])] },
    secrets: { s: { x: "x" } },
    found: undefined,
  },
  {
    what: "nor is one that comes first, where the server names its own",
    spec: {
      containers: [
        exporter([{ name: "REDIS_USER", value: "e" }, from("REDIS_PASSWORD", "s", "x")]),
        { name: "orders", image: "redis:8", env: [from("REDIS_PASSWORD", "s", "p")] },
      ],
    },
    secrets: { s: { x: "x", p: "p" } },
    found: { password: "p" },
  },
  {
    what: "what only a sidecar mounts is the sidecar's",
    spec: {
      containers: [{ name: "redis" }, { ...exporter([]), volumeMounts: [mount("v", "/secrets")] }],
      volumes: [volume("v", "s")],
    },
    secrets: { s: { "redis-password": "x" } },
    found: undefined,
  },
  {
    what: "CloudPirates: what an init container writes into the configuration",
    spec: {
      initContainers: [{ name: "redis-init", image: "redis:8", env: [from("REDIS_PASSWORD", "s", "p")] }],
      containers: [{ name: "redis", image: "redis:8" }],
    },
    secrets: { s: { p: "p" } },
    found: { password: "p" },
  },
];

test.for(cases)("$what", async ({ spec, secrets = {}, user, found }) => {
  const { secrets: api } = secretsWith(spec, secrets);
  const options = user === undefined ? {} : { username: user };
  expect(await api.resolve(reference, options)).toEqual(found);
});

test("a place that may not be read is passed over for the next, and is the error where no other leads anywhere", async () => {
  const spec = server({ env: [from("REDIS_PASSWORD", "forbidden", "p"), from("VALKEY_PASSWORD", "s", "p")] });
  expect(await secretsWith(spec, { forbidden: null, s: { p: "p" } }).secrets.resolve(reference)).toEqual({
    password: "p",
  });
  await expect(secretsWith(spec, { forbidden: null }).secrets.resolve(reference)).rejects.toMatchObject({
    status: 403,
  });
});

test("only Secrets of the Pod's namespace are read, and none that it does not name", async () => {
  const { secrets, asked } = secretsWith(server({ env: [from("AUTH", "s", "p")] }), { s: { p: "p" } });
  await secrets.resolve(reference);
  expect(asked).toEqual(["/api/v1/namespaces/shop/pods/orders-0", "/api/v1/namespaces/shop/secrets/s"]);
});

test("whether there is a Pod at all", async () => {
  expect(await secretsWith({}, {}).secrets.hasPod(reference)).toBe(true);
  expect(await secretsWith(undefined, {}).secrets.hasPod(reference)).toBe(false);
});
