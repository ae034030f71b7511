import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CredentialsResolver } from "@fleet/client";
import type { Instance } from "@fleet/discovery";
import { KubernetesSecrets } from "@fleet/discovery/kubernetes";
import { FakeClock } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { credentialsFrom, resolveSecret } from "../../src/sources/credentials.ts";

const instance = { name: "orders" } as Instance;

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-credentials-"));
  file = join(folder, "password");
  await writeFile(file, "from-file\n");
});
afterAll(() => rm(folder, { recursive: true }));

interface Reader {
  readonly asked: string[];
  readonly resolve: (reference: string) => Promise<{ username?: string; password: string } | undefined>;
}

/** Kubernetes, with what stands behind some references; others lead nowhere. */
function kubernetes(answers: Readonly<Record<string, object | string>> = {}): Reader {
  const asked: string[] = [];
  return {
    asked,
    resolve: async (reference) => {
      asked.push(reference);
      const answer = answers[reference];
      if (typeof answer === "string") throw Object.assign(new Error(answer), { code: answer });
      return answer as { password: string } | undefined;
    },
  };
}

const resolved = async (
  password: string | readonly string[],
  { username, secrets }: { username?: string; secrets?: Reader } = {},
): Promise<unknown> =>
  loginOf(
    await credentialsFrom({ SET: "from-env", EMPTY: "" }, secrets)(
      { password, ...(username !== undefined && { username }) },
      instance,
    ),
  );

/** What is sent first, without what it may be else. */
function loginOf(found: Awaited<ReturnType<CredentialsResolver>>): unknown {
  if (found === undefined) return undefined;
  const { username, password } = found;
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

describe("one reference must lead somewhere", () => {
  test("to a variable, a file or a Secret", async () => {
    const secrets = kubernetes({ "secret:a/b/c": { password: "from-secret", username: "its" } });
    expect(await resolved("env:SET")).toEqual({ password: "from-env" });
    expect(await resolved(`file:${file}`)).toEqual({ password: "from-file" });
    expect(await resolved("secret:a/b/c", { secrets })).toEqual({ password: "from-secret", username: "its" });
    expect(await resolved("secret:a/b/c", { secrets, username: "ours" })).toEqual({
      password: "from-secret",
      username: "ours",
    });
  });

  test.for([
    ["env:ABSENT", "env:ABSENT is not set or empty"],
    ["env:EMPTY", "env:EMPTY is not set or empty"],
    ["file:/absent/password", "file:/absent/password does not exist or is empty"],
    ["secret:a/b/c", "secret:a/b/c does not exist"],
    ["pod:a/b", "pod:a/b does not exist, or names no Secret with a password"],
  ])("%s", async ([reference, message]) => {
    await expect(resolved(reference!, { secrets: kubernetes() })).rejects.toMatchObject({
      code: "FLEET_GATEWAY_CREDENTIALS",
      message,
    });
  });

  test("which in Kubernetes it cannot where Kubernetes is not configured", async () => {
    await expect(resolved("secret:a/b/c")).rejects.toThrow(/`kubernetes` is not configured/);
  });

  test.for(["CANARY", "plain:CANARY", "env:", ":CANARY"])(
    "%j is none, and is not repeated",
    async (wrong) => {
      const refusal = resolved(wrong);
      await expect(refusal).rejects.toThrow(/is referred to as env:NAME/);
      await expect(refusal).rejects.not.toThrow(/CANARY/);
    },
  );
});

describe("of several the first that exists counts", () => {
  const list = ["secret:shop/bound/password", "pod:shop/orders-0", "secret:shop/orders/key", "env:SET"];

  test("and none after it is asked for", async () => {
    const secrets = kubernetes({ "pod:shop/orders-0": { password: "p" } });
    expect(await resolved(list, { secrets })).toEqual({ password: "p" });
    expect(secrets.asked).toEqual(list.slice(0, 2));
  });

  test("the default at last", async () => {
    expect(await resolved(list, { secrets: kubernetes() })).toEqual({ password: "from-env" });
  });

  test("and where none does the instance has no password", async () => {
    expect(await resolved(list.slice(0, 3), { secrets: kubernetes() })).toBeUndefined();
    expect(await resolved(["env:ABSENT", "file:/absent"])).toBeUndefined();
  });

  test("unless somebody named its account", async () => {
    await expect(
      resolved(list.slice(0, 1), { secrets: kubernetes(), username: "app" }),
    ).rejects.toMatchObject({
      code: "FLEET_GATEWAY_CREDENTIALS",
      message: "there is no password for the user name: none of secret:shop/bound/password",
    });
  });

  test("one that we may not see is passed over for the others in Kubernetes", async () => {
    const secrets = kubernetes({
      [list[0]!]: "FLEET_DISCOVERY_API_FORBIDDEN",
      [list[2]!]: { password: "p" },
    });
    expect(await resolved(list, { secrets })).toEqual({ password: "p" });
  });

  test.for([
    "FLEET_DISCOVERY_API_FORBIDDEN",
    "FLEET_DISCOVERY_API_GARBLED",
    "FLEET_DISCOVERY_API_REFUSED",
    "FLEET_DISCOVERY_API_TIMEOUT",
    "FLEET_DISCOVERY_API_UNAUTHORIZED",
    "FLEET_DISCOVERY_API_UNREACHABLE",
    "FLEET_DISCOVERY_KUBECONFIG",
  ])("after %s the others in Kubernetes are asked, and no default is sent in its place", async (code) => {
    const filled = kubernetes({ [list[0]!]: code, [list[1]!]: code, [list[2]!]: { password: "p" } });
    expect(await resolved(list, { secrets: filled })).toEqual({ password: "p" });
    const secrets = kubernetes({ [list[0]!]: code });
    await expect(resolved(list, { secrets })).rejects.toMatchObject({ code });
    expect(secrets.asked).toEqual(list.slice(0, 3));
  });

  test("one that is there and of no use ends the search", async () => {
    const secrets = kubernetes({ [list[0]!]: "FLEET_DISCOVERY_SECRET_KEY_MISSING" });
    await expect(resolved(list, { secrets })).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_SECRET_KEY_MISSING",
    });
    expect(secrets.asked).toHaveLength(1);
  });
});

describe("a place that was empty", () => {
  const list = ["secret:shop/bound/password", "pod:shop/orders-0", "env:SET"];
  interface Dials {
    readonly answers: Record<string, object | string>;
    /** What a dial gets, and what it asked for. */
    readonly dial: (isRefused?: boolean) => Promise<readonly [unknown, readonly string[]]>;
    readonly clock: FakeClock;
  }
  function dials(answers: Record<string, object | string>): Dials {
    const clock = new FakeClock();
    const secrets = kubernetes(answers);
    const resolve = credentialsFrom({ SET: "from-env" }, secrets, () => clock.now());
    const dial: Dials["dial"] = async (isRefused = false) => {
      secrets.asked.length = 0;
      const found = await resolve({ password: list }, instance, { isRefused });
      return [loginOf(found), [...secrets.asked]];
    };
    return { answers, dial, clock };
  }

  test("is not asked again for half a minute while another is filled", async () => {
    const { dial, clock } = dials({ [list[1]!]: { password: "p" } });
    expect(await dial()).toEqual([{ password: "p" }, list.slice(0, 2)]);
    expect(await dial()).toEqual([{ password: "p" }, [list[1]]]);
    await clock.advance(29_999);
    expect(await dial()).toEqual([{ password: "p" }, [list[1]]]);
    await clock.advance(1);
    expect(await dial()).toEqual([{ password: "p" }, list.slice(0, 2)]);
  });

  test("is asked at once when the server refused the other's password", async () => {
    const { answers, dial } = dials({ [list[1]!]: { password: "old" } });
    await dial();
    answers[list[0]!] = { password: "new" };
    expect(await dial()).toEqual([{ password: "old" }, [list[1]]]);
    expect(await dial(true)).toEqual([{ password: "new" }, [list[0]]]);
  });

  test("is asked before there is no password, and before a default is sent", async () => {
    const { answers, dial } = dials({ [list[1]!]: { password: "p" } });
    await dial();
    delete answers[list[1]!];
    expect(await dial()).toEqual([{ password: "from-env" }, [list[1], list[0]]]);
    answers[list[0]!] = { password: "made" };
    expect(await dial()).toEqual([{ password: "made" }, [list[0]]]);
  });
});

describe("while the API server is away", () => {
  const bitnami = [
    "secret:shop/orders-redis-svcbind/password",
    "pod:shop/orders-redis-master-0",
    "secret:shop/orders-redis/redis-password",
  ];
  const withoutPassword = ["secret:shop/plain-svcbind/password", "secret:shop/plain/redis-password"];
  const valueFrom = { secretKeyRef: { name: "orders-redis", key: "redis-password" } };
  const ofRelease = (password: string): Record<string, object> => ({
    "secrets/orders-redis": { data: { "redis-password": btoa(password) } },
    "pods/orders-redis-master-0": {
      spec: { containers: [{ env: [{ name: "REDIS_PASSWORD", valueFrom }] }] },
    },
  });
  const refusal = (facts: object): Error => Object.assign(new Error("away"), facts);

  /** An API server with the objects of a release, which may be made to answer otherwise or never. */
  function cluster(objects: Record<string, object>) {
    const state: { objects: Record<string, object>; away: (() => Promise<unknown>) | undefined } = {
      objects,
      away: undefined,
    };
    const clock = new FakeClock();
    const get = async <T>(path: string, { signal }: { signal?: AbortSignal } = {}): Promise<T> => {
      if (state.away !== undefined) return (await Promise.race([state.away(), ended(signal)])) as T;
      const object = state.objects[path.slice("/api/v1/namespaces/shop/".length)];
      if (object === undefined) throw refusal({ status: 404, reason: "NotFound" });
      return object as T;
    };
    const secrets = new KubernetesSecrets({ api: { get }, clock });
    const resolve = credentialsFrom({}, secrets, () => clock.now());
    const dial = async (password: readonly string[]): Promise<unknown> =>
      loginOf(await resolve({ password }, instance));
    return { state, clock, dial };
  }
  const ended = (signal: AbortSignal | undefined): Promise<never> =>
    new Promise((_resolve, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
    );

  const outages: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["refuses connections", () => Promise.reject(refusal({ code: "FLEET_DISCOVERY_API_UNREACHABLE" }))],
    ["answers 401", () => Promise.reject(refusal({ status: 401 }))],
    ["answers 429", () => Promise.reject(refusal({ status: 429 }))],
    ["answers 500", () => Promise.reject(refusal({ status: 500 }))],
    ["answers 503", () => Promise.reject(refusal({ status: 503 }))],
    ["answers garbage", () => Promise.reject(refusal({ code: "FLEET_DISCOVERY_API_GARBLED" }))],
    ["answers with something else", () => Promise.resolve({ error: "no upstream" })],
    ["never answers", () => new Promise(() => {})],
  ];

  test.for(outages)("because it %s, a dial has what was last known", async ([, away]) => {
    const { state, clock, dial } = cluster(ofRelease("first"));
    await dial(bitnami);
    await dial(withoutPassword);
    state.away = away;
    const dialled = Promise.all([dial(bitnami), dial(withoutPassword)]);
    await clock.advance(1000);
    // What remains of a dial waits a tenth of that.
    await clock.advance(100);
    await clock.advance(100);
    expect(await dialled).toEqual([{ password: "first" }, undefined]);
    state.away = undefined;
    state.objects = ofRelease("rotated");
    expect(await dial(bitnami)).toEqual({ password: "rotated" });
    state.objects = {};
    expect(await dial(bitnami)).toBeUndefined();
    state.objects = ofRelease("made again");
    expect(await dial(bitnami)).toEqual({ password: "made again" });
  });

  test.for(outages)(
    "because it %s, a first dial fails with its reason and the next has it",
    async ([, away]) => {
      const { state, clock, dial } = cluster(ofRelease("first"));
      state.away = away;
      const dialled = dial(bitnami).catch((error: unknown) => error);
      await clock.advance(3000);
      await clock.advance(100);
      await clock.advance(100);
      await dialled;
      state.away = undefined;
      expect(await dial(bitnami)).toEqual({ password: "first" });
    },
  );
});

test("a user name alone is a user name alone", async () => {
  const credentials = credentialsFrom({}, undefined);
  expect(await credentials({ username: "app" }, instance)).toEqual({ username: "app" });
  expect(await credentials({}, instance)).toBeUndefined();
});

test("of a variable that holds the URL of a Redis, the password in it is meant", async () => {
  const environment = { REDIS_URL: "rediss://app:p%40ss@h:1", BARE: "redis://h", PLAIN: "p@ss" };
  expect(await resolveSecret("env:REDIS_URL", environment, undefined)).toEqual({ password: "p@ss" });
  expect(await resolveSecret("env:PLAIN", environment, undefined)).toEqual({ password: "p@ss" });
  await expect(resolveSecret("env:BARE", environment, undefined)).rejects.toThrow(
    "env:BARE is not set or empty",
  );
});

test("a URL whose password is not percent-encoded is refused, with a code and without the password", async () => {
  const refused = resolveSecret("env:ORDERS_URL", { ORDERS_URL: "redis://u:hunter2%@h" }, undefined);
  await expect(refused).rejects.toMatchObject({ code: "FLEET_GATEWAY_CREDENTIALS" });
  await expect(refused).rejects.toThrow(
    /^env:ORDERS_URL is a URL in which the password is not percent-encoded/,
  );
});
