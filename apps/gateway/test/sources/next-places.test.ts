import type { Instance } from "@fleet/discovery";
import { KubernetesSecrets } from "@fleet/discovery/kubernetes";
import { expect, test } from "vitest";

import { credentialsFrom } from "../../src/sources/credentials.ts";

const from = (name: string, key: string): object => ({
  name,
  valueFrom: { secretKeyRef: { name: "own", key } },
});
const redis = (name: string, ...more: readonly object[]): object =>
  Object.assign({ name, image: "redis:8" }, ...more);

/** An API server with one Pod, and two Secrets. */
function secretsOf(...containers: readonly object[]): KubernetesSecrets {
  const objects: Readonly<Record<string, object>> = {
    "pods/orders-0": { spec: { containers } },
    "secrets/own": { data: { a: btoa("first"), b: btoa("second"), c: btoa("first") } },
    "secrets/usual": { data: { password: btoa("third") } },
  };
  const get = async <T>(path: string): Promise<T> => {
    const object = objects[path.slice("/api/v1/namespaces/shop/".length)];
    if (object === undefined) throw Object.assign(new Error("none"), { status: 404, reason: "NotFound" });
    return object as T;
  };
  return new KubernetesSecrets({ api: { get } });
}

const password = [
  "pod:shop/orders-0",
  "secret:shop/absent/password",
  "secret:shop/usual/password",
  "env:SET",
];

test("where the server refuses a password the next place follows, none twice, and no default", async () => {
  const env = [from("REDIS_PASSWORD", "a"), from("VALKEY_PASSWORD", "b"), from("REDIS_AUTH", "c")];
  const took: string[] = [];
  const resolve = credentialsFrom({ SET: "default" }, secretsOf(redis("redis", { env })));
  const last = { isRefused: false, took: (place: string) => void took.push(place) };
  const tried: unknown[] = [];
  for (let found = await resolve({ password }, {} as Instance, last); found !== undefined;)
    found = (tried.push(found.password), await found.next?.());
  expect(tried).toEqual(["first", "second", "third"]);
  expect(took).toEqual(["pod:shop/orders-0", "pod:shop/orders-0", "secret:shop/usual/password"]);
});

test("a user that is named is that of each of them", async () => {
  const env = [from("REDIS_PASSWORD", "a"), from("VALKEY_PASSWORD", "b")];
  const resolve = credentialsFrom({}, secretsOf(redis("redis", { env })));
  const found = await resolve({ username: "app", password }, {} as Instance);
  expect(found).toMatchObject({ username: "app", password: "first" });
  expect(await found?.next?.()).toMatchObject({ username: "app", password: "second" });
});

test("of several servers in a Pod that of the port that is dialed", async () => {
  const secrets = secretsOf(
    redis("cache", { ports: [{ containerPort: 6379 }], env: [from("REDIS_PASSWORD", "a")] }),
    redis("queue", { args: ["--port", "6380", "--requirepass", "$(P)"], env: [from("P", "b")] }),
  );
  const resolve = credentialsFrom({}, secrets);
  const at = (port: number) => resolve({ password }, {} as Instance, { isRefused: false, port });
  expect(await at(6379)).toMatchObject({ password: "first", isGuess: true });
  const queue = await at(6380);
  expect(queue).toMatchObject({ password: "second" });
  expect(queue).not.toHaveProperty("isGuess");
});

test("a Secret where a convention puts it is a guess, one that is named is none", async () => {
  const resolve = credentialsFrom({}, secretsOf(redis("redis")));
  expect(await resolve({ password }, {} as Instance)).toMatchObject({ password: "third", isGuess: true });
  const named = await resolve({ password: password[2]! }, {} as Instance);
  expect(named).toEqual({ password: "third" });
});
