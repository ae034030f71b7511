import { expect, test } from "vitest";

import { from, mount, secretsWith, volume } from "./pod-facts.ts";
import type { Secrets } from "./pod-facts.ts";

/** Pods whose Redis has no password, and what else they know. */
interface Case {
  readonly what: string;
  readonly spec: object;
  readonly secrets?: Secrets;
}

const redis = (container: object = {}): object => ({ name: "redis", image: "redis:8", ...container });
const app = {
  APP_PASSWORD: "x",
  DB_PASSWORD: "x",
  OAUTH_CLIENT_ID: "x",
  "db.password": "x",
  "redis-password": "x",
};
const envFrom = [{ secretRef: { name: "app" } }];

const cases: readonly Case[] = [
  {
    what: "of a database that an init container waits for",
    spec: {
      initContainers: [{ name: "wait", env: [from("PGPASSWORD", "app", "DB_PASSWORD")] }],
      containers: [redis()],
    },
    secrets: { app },
  },
  {
    what: "in the whole Secret of an init container",
    spec: { initContainers: [{ name: "migrate", envFrom }], containers: [redis()] },
    secrets: { app: { ...app, REDIS_PASSWORD: "of another Redis" } },
  },
  { what: "in a whole Secret", spec: { containers: [redis({ envFrom })] }, secrets: { app } },
  {
    what: "of an application that is called server",
    spec: {
      containers: [
        { name: "server", image: "team/app:1", env: [from("PASSWORD", "app", "DB_PASSWORD")] },
        redis(),
      ],
    },
    secrets: { app },
  },
  {
    what: "of a container that reads redis-server",
    spec: {
      containers: [
        redis(),
        {
          name: "x",
          image: "team/reader",
          args: ["--from", "redis-server"],
          env: [from("REDIS_PASSWORD", "app", "DB_PASSWORD")],
        },
        {
          name: "y",
          image: "team/redis-exporter",
          args: ["redis-server"],
          env: [from("REDIS_PASSWORD", "app", "DB_PASSWORD")],
        },
      ],
    },
    secrets: { app },
  },
  {
    what: "of the server that it copies",
    spec: {
      containers: [
        redis({ args: ["--masterauth", "$(PASSWORD)"], env: [from("PASSWORD", "app", "DB_PASSWORD")] }),
      ],
    },
    secrets: { app },
  },
  {
    what: "in a Secret that is mounted for something else",
    spec: { containers: [redis({ volumeMounts: [mount("v", "/module")] })], volumes: [volume("v", "other")] },
    secrets: { other: { password: "x", auth: "x", "admin-password": "x" } },
  },
  {
    what: "an empty one, and the next argument",
    spec: {
      containers: [
        redis({
          args: ["--requirepass", "", "--appendonly", "yes"],
          env: [{ name: "REDIS_PASSWORD", value: "x" }],
        }),
      ],
    },
  },
  {
    what: "an empty one in a script",
    spec: { containers: [redis({ command: ["sh", "-c", 'redis-server --requirepass "" --save ""'] })] },
  },
  {
    what: "of a user that is not the default user, who needs none",
    spec: { containers: [redis({ volumeMounts: [mount("acl", "/acl")] })], volumes: [volume("acl", "acl")] },
    secrets: { acl: { "users.acl": "user default on nopass ~* +@all\nuser app on >x ~* +@all" } },
  },
  {
    what: "of a key that is called after a user",
    spec: {
      containers: [redis({ volumeMounts: [mount("redis-users", "/users")] })],
      volumes: [volume("redis-users", "u")],
    },
    secrets: { u: { app: "x" } },
  },
];

test.for(cases)("not sent: the password $what", async ({ spec, secrets = {} }) => {
  expect(await secretsWith(spec, secrets).secrets.resolve("pod:shop/orders-0")).toBeUndefined();
});
