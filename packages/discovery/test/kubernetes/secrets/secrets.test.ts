import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";

import { FakeClock } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import type { DiscoveryErrorEvent } from "../../../src/index.ts";
import { KubernetesSecrets } from "../../../src/kubernetes/index.ts";

const secretPath = "/api/v1/namespaces/shop/secrets/orders";
const podPath = "/api/v1/namespaces/shop/pods/orders-0";
const reference = "secret:shop/orders/redis-password";

/** An answer of the API server: an object, or the status of a refusal. */
type Answer = object | number | Error | Promise<object>;

/** An API server that says what it is told to, and notes what it was asked. */
class Script {
  readonly asked: string[] = [];
  readonly objects = new Map<string, Answer>();
  /** Answers wait for this. */
  gate: Promise<void> | undefined;

  readonly get = async <T>(path: string, { signal }: { signal?: AbortSignal } = {}): Promise<T> => {
    this.asked.push(path);
    if (this.gate !== undefined) await Promise.race([this.gate, aborted(signal)]);
    const answer = await (this.objects.get(path) ?? 404);
    if (answer instanceof Error) throw answer;
    if (typeof answer === "number") throw refused(answer);
    return answer as T;
  };
}

/** What an API server refuses with, as opposed to a proxy. */
function refused(status: number): Error {
  const reason = status === 404 ? "NotFound" : status === 403 ? "Forbidden" : undefined;
  return Object.assign(new Error("refused"), { status, reason });
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
}

const secret = (values: Readonly<Record<string, string>>): object => ({
  data: Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  ),
});

const variable = (name: string): object => ({
  name: "REDIS_PASSWORD",
  valueFrom: { secretKeyRef: { name, key: "redis-password" } },
});

interface Opened {
  readonly api: Script;
  readonly clock: FakeClock;
  readonly secrets: KubernetesSecrets;
}

function opened(objects: Readonly<Record<string, Answer>> = {}): Opened {
  const api = new Script();
  for (const [path, object] of Object.entries(objects)) api.objects.set(path, object);
  const clock = new FakeClock();
  return { api, clock, secrets: new KubernetesSecrets({ api, clock }) };
}

/** What was told on `fleet:discovery:error` meanwhile. */
async function told(work: () => Promise<unknown>): Promise<readonly DiscoveryErrorEvent[]> {
  const messages: DiscoveryErrorEvent[] = [];
  const note = (message: unknown): void => void messages.push(message as DiscoveryErrorEvent);
  subscribe("fleet:discovery:error", note);
  try {
    await work();
  } finally {
    unsubscribe("fleet:discovery:error", note);
  }
  return messages;
}

describe("a Secret that is referred to by name", () => {
  test("is read anew each time, so a rotated password counts from the next dial on", async () => {
    const { api, secrets } = opened({ [secretPath]: secret({ "redis-password": "first" }) });
    expect(await secrets.resolve(reference)).toEqual({ password: "first" });
    api.objects.set(secretPath, secret({ "redis-password": "second" }));
    expect(await secrets.resolve(reference)).toEqual({ password: "second" });
    expect(api.asked).toEqual([secretPath, secretPath]);
  });

  test("is asked for once by those who ask at the same time, and one who leaves takes it from nobody", async () => {
    const { api, secrets } = opened({ [secretPath]: secret({ "redis-password": "p" }) });
    const open = Promise.withResolvers<void>();
    api.gate = open.promise;
    const leaving = new AbortController();
    const first = secrets.resolve(reference, { signal: leaving.signal });
    const second = secrets.resolve(reference);
    const tls = secrets.tls("shop/orders").catch((error: { code: string }) => error.code);
    leaving.abort(new Error("gone"));
    await expect(first).rejects.toThrow("gone");
    open.resolve();
    expect(await second).toEqual({ password: "p" });
    expect(await tls).toBe("FLEET_DISCOVERY_SECRET_KEY_MISSING");
    expect(api.asked).toHaveLength(1);
  });

  test("that does not exist is nothing, which is no error", async () => {
    const { secrets } = opened();
    expect(await secrets.resolve(reference)).toBeUndefined();
  });

  test.for([
    [{ username: "u", password: "p" }, "password", { username: "u", password: "p" }],
    [{ "redis-username": "u", "redis-password": "p" }, "redis-password", { username: "u", password: "p" }],
    [{ REDIS_USERNAME: "u", REDIS_PASSWORD: "p" }, "REDIS_PASSWORD", { username: "u", password: "p" }],
    [{ username: "of a database", "redis-password": "p" }, "redis-password", { password: "p" }],
    [{ username: "u", auth: "p" }, "auth", { password: "p" }],
    [{ password: "p\n" }, "password", { password: "p" }],
    [{ password: " p \n\n" }, "password", { password: " p \n" }],
    [{ username: "", password: "pässwörd" }, "password", { password: "pässwörd" }],
  ] as const)("%j with the key %s", async ([values, key, expected]) => {
    const { secrets } = opened({ [secretPath]: secret(values) });
    expect(await secrets.resolve(`secret:shop/orders/${key}`)).toEqual(expected);
  });

  test.for([
    [{ "other-key": "CANARY", another: "CANARY" }, "its keys are other-key, another"],
    [{ "redis-password": "" }, "its keys are redis-password"],
    [{}, "its keys are none"],
  ] as const)("and lacks the key: an error names the keys it has, never a value", async ([values, keys]) => {
    const { secrets } = opened({ [secretPath]: secret(values) });
    await expect(secrets.resolve(reference)).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_SECRET_KEY_MISSING",
      message: `the Secret shop/orders has no value for redis-password; ${keys}`,
    });
  });

  test("a key that every object has is none of its own", async () => {
    const { secrets } = opened({ [secretPath]: secret({}) });
    await expect(secrets.resolve("secret:shop/orders/constructor")).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_SECRET_KEY_MISSING",
    });
  });

  test.for([
    "secret:shop/orders",
    "secret:shop/orders/",
    "secret:../x/y",
    "secret:shop/orders/a/b",
    "secret:Shop/orders/key",
    "pod:shop",
    "pod:shop/a/b",
    "CANARY",
    "env:CANARY",
  ])("%j is no reference, asks nothing and is not repeated", async (wrong) => {
    const { api, secrets } = opened();
    const refusal = secrets.resolve(wrong);
    await expect(refusal).rejects.toMatchObject({ code: "FLEET_DISCOVERY_SECRET_REFERENCE" });
    await expect(refusal).rejects.not.toThrow(/CANARY/);
    expect(api.asked).toEqual([]);
  });
});

describe("while the API server cannot be asked", () => {
  const outages = [
    ["cannot be reached", new Error("ECONNREFUSED")],
    ["answers 429", 429],
    ["answers 500", 500],
    ["answers 503", 503],
    ["does not know us any more", 401],
    ["is a page of a proxy", { error: "CANARY" }],
    ["answers with a Status", { kind: "Status", data: {} }],
    ["answers with data of no Secret, or with a Pod of none", { data: { "redis-password": 7 }, spec: [] }],
  ] as const;

  test.for(outages)("because it %s, the last known value is used and told", async ([, outage]) => {
    const { api, secrets } = opened({ [secretPath]: secret({ "redis-password": "CANARY" }) });
    await secrets.resolve(reference);
    api.objects.set(secretPath, outage);
    const messages = await told(async () =>
      expect(await secrets.resolve(reference)).toEqual({ password: "CANARY" }),
    );
    expect(messages).toMatchObject([
      {
        code: "FLEET_DISCOVERY_SECRET_STALE",
        source: undefined,
        error: { message: "the Secret shop/orders cannot be read now; what it last said is used" },
      },
    ]);
    expect(inspect(messages)).not.toContain("CANARY");
    api.objects.set(secretPath, secret({ "redis-password": "new" }));
    expect(await secrets.resolve(reference)).toEqual({ password: "new" });
  });

  test("because it hangs, a second is enough where a value is known", async () => {
    const { api, clock, secrets } = opened({ [secretPath]: secret({ "redis-password": "known" }) });
    await secrets.resolve(reference);
    api.gate = Promise.withResolvers<void>().promise;
    const resolved = secrets.resolve(reference);
    await clock.advance(1000);
    expect(await resolved).toEqual({ password: "known" });
  });

  test("because it hangs, one wait is enough for all that a dial reads", async () => {
    const pod = { spec: { containers: [{ env: [variable("orders")] }] } };
    const { api, clock, secrets } = opened({
      [podPath]: pod,
      [secretPath]: secret({ "redis-password": "known" }),
    });
    await secrets.resolve("pod:shop/orders-0");
    api.gate = Promise.withResolvers<void>().promise;
    const resolved = secrets.resolve("pod:shop/orders-0");
    await clock.advance(1000);
    await clock.advance(100);
    expect(await resolved).toEqual({ password: "known" });
    // Later it has its whole time again: it may be slow, and know better.
    await clock.advance(10_000);
    const open = Promise.withResolvers<void>();
    api.gate = open.promise;
    api.objects.set(secretPath, secret({ "redis-password": "new" }));
    const later = secrets.resolve("pod:shop/orders-0");
    await clock.advance(999);
    open.resolve();
    expect(await later).toEqual({ password: "new" });
  });

  test("because it hangs, what is unknown is an error after three seconds, and used when it comes late", async () => {
    const { api, clock, secrets } = opened({ [secretPath]: secret({ "redis-password": "late" }) });
    const open = Promise.withResolvers<void>();
    api.gate = open.promise;
    const first = secrets.resolve(reference).catch((error: unknown) => error);
    await clock.advance(3000);
    expect(await first).toMatchObject({
      code: "FLEET_DISCOVERY_API_TIMEOUT",
      message: "get secrets in shop: no answer within 3000 ms",
    });
    open.resolve();
    await clock.advance(0);
    api.gate = undefined;
    api.objects.set(secretPath, 503);
    expect(await secrets.resolve(reference)).toEqual({ password: "late" });
    expect(clock.pending).toBe(0);
  });

  test("because it hangs, what comes late does not replace what is newer", async () => {
    const { api, clock, secrets } = opened({ [secretPath]: secret({ "redis-password": "old" }) });
    const late = Promise.withResolvers<object>();
    api.objects.set(secretPath, late.promise);
    const first = secrets.resolve(reference).catch((error: unknown) => error);
    await clock.advance(3000);
    expect(await first).toMatchObject({ code: "FLEET_DISCOVERY_API_TIMEOUT" });
    api.objects.set(secretPath, secret({ "redis-password": "new" }));
    expect(await secrets.resolve(reference)).toEqual({ password: "new" });
    late.resolve(secret({ "redis-password": "old" }));
    await clock.advance(0);
    api.objects.set(secretPath, 503);
    expect(await secrets.resolve(reference)).toEqual({ password: "new" });
  });

  test("and nothing is known, its own error is the answer", async () => {
    const { secrets } = opened({ [secretPath]: 503 });
    const messages = await told(() => expect(secrets.resolve(reference)).rejects.toThrow("refused"));
    expect(messages).toEqual([]);
  });

  test.for(outages)("because it %s, what was missing is missing still, and reported", async ([, outage]) => {
    const { api, secrets } = opened();
    await secrets.resolve(reference);
    await secrets.resolve("pod:shop/orders-0");
    api.objects.set(secretPath, outage).set(podPath, outage);
    const messages = await told(async () => {
      expect(await secrets.resolve(reference)).toBeUndefined();
      expect(await secrets.resolve("pod:shop/orders-0")).toBeUndefined();
    });
    expect(messages).toMatchObject([
      {
        code: "FLEET_DISCOVERY_SECRET_STALE",
        error: {
          message: "the Secret shop/orders cannot be read now; it did not exist when it was last asked for",
        },
      },
      { code: "FLEET_DISCOVERY_SECRET_STALE" },
    ]);
    api.objects.set(secretPath, secret({ "redis-password": "new" }));
    expect(await secrets.resolve(reference)).toEqual({ password: "new" });
  });

  test("a value whose Secret is gone is forgotten", async () => {
    const { api, secrets } = opened({ [secretPath]: secret({ "redis-password": "known" }) });
    await secrets.resolve(reference);
    api.objects.delete(secretPath);
    expect(await secrets.resolve(reference)).toBeUndefined();
    api.objects.set(secretPath, 503);
    expect(await secrets.resolve(reference)).toBeUndefined();
    api.objects.set(secretPath, secret({ "redis-password": "made again" }));
    expect(await secrets.resolve(reference)).toEqual({ password: "made again" });
  });

  test("a right that was taken away stays so after a minute, and an older value is not used in its place", async () => {
    const { api, clock, secrets } = opened({ [secretPath]: secret({ "redis-password": "known" }) });
    await secrets.resolve(reference);
    api.objects.set(secretPath, 403);
    expect(await secrets.resolve(reference)).toEqual({ password: "known" });
    await clock.advance(59_999);
    expect(await secrets.resolve(reference)).toEqual({ password: "known" });
    await clock.advance(1);
    for (const answer of [403, 503]) {
      api.objects.set(secretPath, answer);
      await expect(secrets.resolve(reference)).rejects.toMatchObject({ status: 403 });
    }
  });

  test.for([
    ["a value", secret({ "redis-password": "known" }), { password: "known" }],
    ["that there is none", 404, undefined],
  ] as const)("a 403 that passes takes away nothing: %s", async ([, known, expected]) => {
    const { api, clock, secrets } = opened({ [secretPath]: known });
    await secrets.resolve(reference);
    // The last 403 is more than a minute after the first, but there were other answers between them.
    for (const answer of [403, 503, known, 403, 503, known, 403]) {
      api.objects.set(secretPath, answer);
      const messages = await told(async () => expect(await secrets.resolve(reference)).toEqual(expected));
      const stale = { code: "FLEET_DISCOVERY_SECRET_STALE", error: { cause: { status: answer } } };
      expect(messages).toMatchObject(answer === known ? [] : [stale]);
      await clock.advance(25_000);
    }
  });

  test("a right that was never there is an error at once", async () => {
    const { api, secrets } = opened({ [secretPath]: 403 });
    await expect(secrets.resolve(reference)).rejects.toMatchObject({ status: 403 });
    api.objects.set(secretPath, secret({ "redis-password": "p" }));
    expect(await secrets.resolve(reference)).toEqual({ password: "p" });
  });

  test.for([
    ["a page", undefined],
    ["another reason", "Gone"],
  ] as const)("a 404 with %s is no word of the API server on the Secret", async ([, reason]) => {
    const { api, secrets } = opened({ [secretPath]: secret({ "redis-password": "known" }) });
    await secrets.resolve(reference);
    const unknown = "secret:shop/other/password";
    for (const path of [secretPath, secretPath.replace("orders", "other")])
      api.objects.set(path, Object.assign(new Error("a page"), { status: 404, reason }));
    const messages = await told(async () =>
      expect(await secrets.resolve(reference)).toEqual({ password: "known" }),
    );
    expect(messages).toMatchObject([{ code: "FLEET_DISCOVERY_SECRET_STALE" }]);
    await expect(secrets.resolve(unknown)).rejects.toThrow("a page");
  });
});

describe("a Pod names the Secret", () => {
  const secretKeyRef = { name: "orders", key: "its-key" };
  const container = { env: [{ name: "REDIS_PASSWORD", valueFrom: { secretKeyRef } }] };
  const pod = (...containers: readonly object[]): object => ({ spec: { containers } });
  const volume = (items?: readonly object[]): object => ({
    name: "v",
    secret: { secretName: "orders", ...(items !== undefined && { items }) },
  });
  const mounting = (mountPath: string, ...volumes: readonly object[]): object => ({
    spec: { containers: [{ volumeMounts: [{ name: "v", mountPath }] }], volumes },
  });

  test.for(["REDIS_PASSWORD", "VALKEY_PASSWORD", "REDISCLI_AUTH", "DFLY_requirepass"])(
    "in the variable %s",
    async (name) => {
      const { secrets } = opened({
        [podPath]: pod(
          { env: [{ name: "OTHER", value: "x" }] },
          { env: [{ name, valueFrom: { secretKeyRef } }] },
        ),
        [secretPath]: secret({ "its-key": "p" }),
      });
      expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ password: "p" });
    },
  );

  test.for([
    ["", { REDIS_PASSWORD: "p" }],
    ["REDIS_", { PASSWORD: "p" }],
  ] as const)("whose keys all become variables, with %j in front", async ([prefix, values]) => {
    const { secrets } = opened({
      [podPath]: pod({
        envFrom: [{ configMapRef: { name: "c" } }, { prefix, secretRef: { name: "orders" } }],
      }),
      [secretPath]: secret(values),
    });
    expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ password: "p" });
  });

  test.for([
    ["redis-password", [{ key: "its-key", path: "redis-password" }], { "its-key": "p" }],
    ["valkey-password", [{ key: "its-key", path: "valkey-password" }], { "its-key": "p" }],
    ["valkey-password", undefined, { "valkey-password": "p" }],
  ] as const)("whose file %s is mounted below secrets", async ([, items, values]) => {
    const { secrets } = opened({
      [podPath]: mounting("/opt/bitnami/redis/secrets/", volume(items)),
      [secretPath]: secret(values),
    });
    expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ password: "p" });
  });

  test("in a projected volume", async () => {
    const projected = { sources: [{ configMap: {} }, { secret: { name: "orders" } }] };
    const { secrets } = opened({
      [podPath]: mounting("/secrets", { name: "v", projected }),
      [secretPath]: secret({ "redis-password": "p" }),
    });
    expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ password: "p" });
  });

  test.for([
    ["mounts its certificates only", mounting("/certs", volume())],
    ["mounts another file there", mounting("/x/secrets", volume([{ key: "k", path: "license" }]))],
    ["says nothing", {}],
  ] as const)("and one that %s names none", async ([, object]) => {
    const { secrets } = opened({ [podPath]: object, [secretPath]: secret({ "redis-password": "p" }) });
    expect(await secrets.resolve("pod:shop/orders-0")).toBeUndefined();
  });

  test("and a Secret that it names without the key is an error", async () => {
    const { secrets } = opened({ [podPath]: pod(container), [secretPath]: secret({ x: "CANARY" }) });
    await expect(secrets.resolve("pod:shop/orders-0")).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_SECRET_KEY_MISSING",
      message: "the Secret shop/orders has no value for its-key; its keys are x",
    });
  });

  test("and while it is replaced by another of its name, it still does", async () => {
    const { api, secrets } = opened({
      [podPath]: pod(container),
      [secretPath]: secret({ "its-key": "old" }),
    });
    await secrets.resolve("pod:shop/orders-0");
    api.objects.delete(podPath);
    api.objects.set(secretPath, secret({ "its-key": "new" }));
    expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ password: "new" });
  });

  test("and one that never was is nothing", async () => {
    const { secrets } = opened();
    expect(await secrets.resolve("pod:shop/orders-0")).toBeUndefined();
  });
});

describe("certificates", () => {
  test.for([
    [{ "ca.crt": "CA" }, { ca: "CA" }],
    [
      { "ca.crt": "CA", "tls.crt": "C", "tls.key": "K" },
      { ca: "CA", cert: "C", key: "K" },
    ],
    [
      { "tls.crt": "C", "tls.key": "K" },
      { cert: "C", key: "K" },
    ],
  ] as const)("%j", async ([values, expected]) => {
    const { secrets } = opened({ [secretPath]: secret(values) });
    expect(await secrets.tls("shop/orders")).toEqual(expected);
  });

  test.for([{ "tls.crt": "CANARY" }, { "ca.crt": "CANARY", "tls.key": "CANARY" }, { other: "CANARY" }])(
    "%j are not enough",
    async (values) => {
      const { secrets } = opened({ [secretPath]: secret(values) });
      await expect(secrets.tls("shop/orders")).rejects.toMatchObject({
        code: "FLEET_DISCOVERY_SECRET_KEY_MISSING",
        message: `the Secret shop/orders has no value for ca.crt, or tls.crt with tls.key; its keys are ${Object.keys(values).join(", ")}`,
      });
    },
  );

  test("that are not there are an error: nobody dials without the authority he was told to trust", async () => {
    const { secrets } = opened();
    await expect(secrets.tls("shop/orders")).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_SECRET_MISSING",
      message: "there is no Secret shop/orders",
    });
    await expect(secrets.tls("orders")).rejects.toMatchObject({ code: "FLEET_DISCOVERY_SECRET_REFERENCE" });
  });

  test("are the last known ones while the API server cannot be asked", async () => {
    const { api, secrets } = opened({ [secretPath]: secret({ "ca.crt": "CA" }) });
    await secrets.tls("shop/orders");
    api.objects.set(secretPath, 500);
    expect(await secrets.tls("shop/orders")).toEqual({ ca: "CA" });
  });
});

test.for([0, -1, Number.NaN, 2 ** 31])("a patience of %d ms is refused", (patienceMs) => {
  expect(() => new KubernetesSecrets({ api: new Script(), patienceMs })).toThrow(
    expect.objectContaining({ code: "FLEET_DISCOVERY_INVALID_OPTION", option: "patienceMs" }),
  );
});
