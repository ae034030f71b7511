import { expect, test } from "vitest";

import { from, mount, secretsWith, volume } from "./pod-facts.ts";
import type { Secrets } from "./pod-facts.ts";

const script = (text: string): object => ({ command: ["sh", "-c", text] });
const word = from("WORD", "s", "w");
const mounted = { volumeMounts: [mount("v", "/run/s")] };

/** A container with the image of Redis, and what its password is said to be. */
const cases: readonly (readonly [what: string, container: object, password?: string, secrets?: Secrets])[] = [
  ["an argument", { args: ["--requirepass", "$(WORD)"], env: [word] }],
  ["one argument of two words", { args: ["--requirepass $(WORD)", "--save", ""], env: [word] }],
  ["several, of which the last counts", { args: ["--requirepass", "other", "--requirepass=p"] }],
  ["any letter case", { args: ["--RequirePass", "p"] }],
  ["a blank in it", { args: ["--requirepass", "a b"] }, "a b"],
  ["$ without a shell", { args: ["--requirepass", "a$b"] }, "a$b"],
  [
    "$$ of the kubelet",
    { args: ["--requirepass", "$(WORD)"], env: [{ name: "WORD", value: "a$$b" }] },
    "a$b",
  ],
  [
    "the last of two variables of a name",
    {
      args: ["--requirepass", "$(W)"],
      env: [
        { name: "W", value: "x" },
        { name: "W", value: "p" },
      ],
    },
  ],
  [
    "a variable that must be set",
    { ...script('exec redis-server --requirepass "${WORD:?is missing}"'), env: [word] },
  ],
  ["a variable with another value", { ...script("redis-server --requirepass ${WORD:-p}"), env: [] }],
  [
    "single quotes around what the kubelet puts in",
    { ...script("redis-server --requirepass '$(WORD)'"), env: [word] },
  ],
  ["a file", { ...script('redis-server --requirepass "$(cat /run/s/w)"'), ...mounted }],
  [
    "a file that a variable names",
    {
      ...script('redis-server --requirepass "$(cat $F)"'),
      env: [{ name: "F", value: "/run/s/w" }],
      ...mounted,
    },
  ],
  ["a file in backticks", { ...script("redis-server --requirepass `cat /run/s/w`"), ...mounted }],
  [
    "a configuration that a script writes",
    { ...script('echo "requirepass $WORD" > /c\nredis-server /c'), env: [word] },
  ],
  [
    "a here-document",
    { ...script("cat > /c <<EOF\nbind 0.0.0.0\nrequirepass ${WORD}\nEOF\nredis-server /c"), env: [word] },
  ],
  ["a continued line", { ...script("exec redis-server \\\n  --requirepass \\\n  $WORD"), env: [word] }],
  ["REDIS_ARGS", { env: [word, { name: "REDIS_ARGS", value: "--save 60 1 --requirepass $(WORD)" }] }],
  ["REDIS_EXTRA_FLAGS", { env: [{ name: "REDIS_EXTRA_FLAGS", value: "--requirepass p" }] }],
  ["VALKEY_EXTRA_FLAGS", { env: [{ name: "VALKEY_EXTRA_FLAGS", value: "--requirepass p" }] }],
  ["the default user", { args: ["--user", "default on >p ~* +@all"] }],
  [
    "a probe",
    { env: [word], readinessProbe: { exec: { command: ["sh", "-c", "redis-cli -a $WORD ping"] } } },
  ],
  [
    "the default user's, whatever user stands beside it",
    {
      args: ["--requirepass", "$(REDIS_PASSWORD)"],
      env: [from("REDIS_PASSWORD", "s", "password"), { name: "REDIS_USER", value: "x" }],
    },
  ],
  [
    "no user of a key beside it",
    { env: [from("REDIS_PASSWORD", "s", "password"), { name: "USER", value: "x" }] },
  ],
];

test.for(cases)("the password in %s", async ([, container, password = "p"]) => {
  const spec = {
    containers: [{ name: "redis", image: "redis:8", ...container }],
    volumes: [volume("v", "s")],
  };
  const { secrets } = secretsWith(spec, { s: { w: "p", password: "p", username: "admin" } });
  expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ password });
});

test("an init container counts where it writes the configuration", async () => {
  const init = { name: "config", image: "busybox", ...script('echo "requirepass $WORD" >> /c'), env: [word] };
  const spec = { initContainers: [init], containers: [{ name: "redis", image: "redis:8" }] };
  const { secrets } = secretsWith(spec, { s: { w: "p" } });
  expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ password: "p" });
});

test.for([
  ["async-orders", "redis:7"],
  ["redis-sync", "registry:5000/team/redis@sha256:1"],
  ["metrics-store", "quay.io/team/valkey:8"],
  ["backup", "redis/redis-stack-server:7.4"],
])("a container called %s with the image %s is the server", async ([name, image]) => {
  const container = { name, image, env: [from("REDIS_PASSWORD", "s", "w")] };
  const spec = { containers: [{ name: "web", image: "team/app" }, container] };
  expect(await secretsWith(spec, { s: { w: "p" } }).secrets.resolve("pod:shop/orders-0")).toEqual({
    password: "p",
  });
});

test("a Redis that is an init container and goes on is the server", async () => {
  const native = {
    name: "redis",
    image: "redis:8",
    restartPolicy: "Always",
    env: [from("REDIS_PASSWORD", "s", "w")],
  };
  const spec = { initContainers: [native], containers: [{ name: "web", env: [from("PASSWORD", "s", "x")] }] };
  const { secrets } = secretsWith(spec, { s: { w: "p", x: "x" } });
  expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ password: "p" });
});

const files: readonly (readonly [
  what: string,
  values: Secrets[string],
  items?: Readonly<Record<string, string>>,
])[] = [
  ["the key of Redis before the others", { "postgres-password": "x", REDIS_PASSWORD: "p" }],
  ["underscores", { "postgres-password": "x", redis_password: "p", password: "x" }],
  ["any letter case", { POSTGRES_PASSWORD: "x", Valkey_Pass: "p" }],
  ["requirepass in any key", { auth: "requirepass p\n" }],
  [
    "the last requirepass, in any letter case",
    { extra: "requirepass x\n# requirepass y\nRequirePass 'p'\n" },
  ],
  ["a configuration among the items", { any: "requirepass p", password: "x" }, { "redis.conf": "any" }],
];

test.for(files)("of the files of a Secret: %s", async ([, values, items]) => {
  const container = { name: "redis", image: "redis:8", volumeMounts: [mount("v", "/any")] };
  const spec = { containers: [container], volumes: [volume("v", "s", items)] };
  expect(await secretsWith(spec, { s: values }).secrets.resolve("pod:shop/orders-0")).toEqual({
    password: "p",
  });
});

test("the only user of a list that can log in, where the default user cannot", async () => {
  const container = { name: "redis", image: "redis:8", volumeMounts: [mount("v", "/any")] };
  const spec = { containers: [container], volumes: [volume("v", "s")] };
  const { secrets } = secretsWith(spec, { s: { "users.acl": "user default off\nuser app on >p ~* +@all" } });
  expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ username: "app", password: "p" });
});
