import { readFile } from "node:fs/promises";

import { Discovery } from "@fleet/discovery";
import { eventually } from "@fleet/testkit";
import { endpointSlice, namespace, pod, secret, service, startKubernetes } from "@fleet/testkit/kubernetes";
import type { KubernetesObject, KubernetesServer } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";

import { parseConfig } from "../../src/config/config-schema.ts";
import type { Config } from "../../src/config/config-schema.ts";
import { discover } from "../../src/sources/discover.ts";
import type { Discovered } from "../../src/sources/discover.ts";
import { openSources } from "../../src/sources/open-sources.ts";

interface Role extends KubernetesObject {
  readonly rules: readonly Rule[];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

let server: KubernetesServer;

beforeAll(async () => {
  server = await startKubernetes();
  await server.apply(namespace("fleet"), ...["shop", "web"].flatMap(instanceIn));
});
afterAll(() => server.close());

/** A namespace with a Redis whose password a Pod takes from one Secret, while the convention would look into another. */
function instanceIn(name: string): readonly KubernetesObject[] {
  const at = { namespace: name };
  const valueFrom = { secretKeyRef: { name: "auth", key: "password" } };
  return [
    namespace(name),
    service(`orders-${name}`, { ...at, labels: { app: "redis", instance: `orders-${name}` } }),
    pod("orders-0", { ...at, ip: "10.20.0.5", container: { env: [{ name: "REDIS_PASSWORD", valueFrom }] } }),
    endpointSlice(`orders-${name}`, {
      ...at,
      endpoints: [{ addresses: ["10.20.0.5"], targetRef: { kind: "Pod", name: "orders-0", uid: "1" } }],
    }),
    secret("auth", { password: "CANARY" }, at),
  ];
}

/** The objects of a manifest as `kubectl -n <place> apply` makes them, with other rules if told. */
async function applied(
  file: string,
  place: string,
  change: (rules: readonly Rule[]) => readonly Rule[] = (rules) => rules,
): Promise<void> {
  const text = await readFile(new URL(`../../deploy/${file}`, import.meta.url), "utf8");
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS() as KubernetesObject;
    const clusterWide = object.kind.startsWith("Cluster");
    await server.apply({
      ...object,
      metadata: { ...object.metadata, ...(clusterWide ? {} : { namespace: place }) },
      ...("rules" in object && { rules: change((object as Role).rules) }),
    });
  }
}

/** A kubeconfig of the manifests' service account. */
async function kubeconfig(): Promise<string> {
  const path = "/api/v1/namespaces/fleet/serviceaccounts/fleet-gateway/token";
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const { status } = (await server.request(path, { method: "POST", body })) as { status: { token: string } };
  return server.writeKubeconfig({ token: status.token, namespace: "shop" });
}

type Namespaces = readonly string[] | "*" | undefined;

async function configured(namespaces: Namespaces, settings: object = {}): Promise<Config> {
  const parsed = parseConfig({ kubernetes: { kubeconfig: await kubeconfig(), namespaces, ...settings } });
  if ("issues" in parsed) throw new TypeError(JSON.stringify(parsed.issues));
  return parsed.config;
}

async function found(namespaces?: Namespaces): Promise<Discovered> {
  return discover(await configured(namespaces), {}, 500);
}

const everywhere = ["fleet", "shop", "web"];
const slices = "endpointslices.discovery.k8s.io";

/** The same rules with one verb on one resource less. */
function without(verb: string, resource: string): (rules: readonly Rule[]) => readonly Rule[] {
  return (rules) =>
    rules
      .flatMap((rule) =>
        rule.resources.map((one) => ({
          ...rule,
          resources: [one],
          verbs: rule.verbs.filter((allowed) => one !== resource || allowed !== verb),
        })),
      )
      .filter(({ verbs }) => verbs.length > 0);
}

/** What becomes of the Pod of a namespace as a place of a password, wherever it has it from. */
const existing = (namespace: string): unknown =>
  expect.objectContaining({ reference: `pod:${namespace}/orders-0`, outcome: "exists" });

describe("with exactly the rights of the manifest everything works", () => {
  test("in namespaces", async () => {
    for (const place of everywhere) await applied("rbac-namespaced.yaml", place);
    await eventually(async () => {
      const { ok, sources, instances, rights } = await found(["shop", "web"]);
      expect(rights).toEqual({ missing: [] });
      expect(sources).toMatchObject([{ name: "kubernetes", state: "current", instances: 2, conditions: [] }]);
      expect(instances.map(({ name, endpoints }) => [name, endpoints[0]?.host])).toEqual([
        ["orders-shop", "10.20.0.5"],
        ["orders-web", "10.20.0.5"],
      ]);
      expect(instances[0]?.passwords).toContainEqual(existing("shop"));
      expect(JSON.stringify(instances)).not.toContain("CANARY");
      expect(ok).toBe(true);
    });
  });

  test("in the namespace of the context, where none is told", async () => {
    const { ok, instances } = await found();
    expect([ok, instances.map(({ name }) => name)]).toEqual([true, ["orders-shop"]]);
  });

  test("in every namespace", async () => {
    expect(await found("*")).toMatchObject({ ok: false, rights: { missing: { length: 6 } } });
    await applied("rbac-cluster.yaml", "fleet");
    await eventually(async () => {
      const { ok, instances } = await found("*");
      expect([ok, instances.map(({ name }) => name)]).toEqual([true, ["orders-shop", "orders-web"]]);
    });
    await server.delete([
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "fleet-gateway" },
      },
    ]);
  });
});

describe("with one verb less it is named, and everything else goes on", () => {
  const withoutInShop = async (verb: string, resource: string): Promise<void> => {
    await applied("rbac-namespaced.yaml", "web");
    await applied("rbac-namespaced.yaml", "shop", without(verb, resource));
  };
  /** With this right missing in one namespace, and the other as ever. */
  const missing = (right: object, { rights, instances }: Discovered): void => {
    expect(rights?.missing).toEqual([{ ...right, namespace: "shop" }]);
    const web = instances.find(({ name }) => name === "orders-web");
    expect(web?.passwords).toContainEqual(existing("web"));
  };

  test.for([
    ["services", "", "services"],
    ["endpointslices", "discovery.k8s.io", slices],
  ] as const)("watch %s", async ([resource, group, name]) => {
    await withoutInShop("watch", resource);
    await eventually(async () => {
      const all = await found(["shop", "web"]);
      missing({ verb: "watch", group, resource }, all);
      expect(all.ok).toBe(false);
      expect(all.sources).toMatchObject([
        {
          state: "stale",
          lastError: "FLEET_DISCOVERY_API_FORBIDDEN",
          error: expect.stringContaining(`watch ${name} in shop: this right is missing`) as unknown,
        },
      ]);
      expect(all.sources[0]?.conditions).toContainEqual({
        reason: "MissingRight",
        object: `${resource}/shop`,
        message: `the API server does not let us watch ${name} in namespace shop`,
      });
    });
  });

  test.for(["pods", "secrets"] as const)("get %s", async (resource) => {
    await withoutInShop("get", resource);
    await eventually(async () => {
      const all = await found(["shop", "web"]);
      missing({ verb: "get", group: "", resource }, all);
      expect(all.ok).toBe(false);
      expect(all.instances.find(({ name }) => name === "orders-shop")?.passwords).toContainEqual({
        reference: "pod:shop/orders-0",
        outcome: "forbidden",
        detail: expect.stringContaining(`get ${resource} in shop: this right is missing`) as unknown,
      });
    });
  });

  // The first set is streamed by a watch; what needs a list is the proof that nothing was missed.
  test.for([
    ["services", "", "services"],
    ["endpointslices", "discovery.k8s.io", slices],
  ] as const)("list %s", async ([resource, group, name]) => {
    await withoutInShop("list", resource);
    await eventually(async () => {
      const all = await found(["shop", "web"]);
      missing({ verb: "list", group, resource }, all);
      expect(all.ok).toBe(false);
    });
    await using open = await openSources(await configured(["shop", "web"], { resyncMs: 1000 }), {});
    await using discovery = new Discovery({ sources: open.sources });
    await discovery.start();
    await eventually(() =>
      expect(discovery.stats.sources).toMatchObject([
        {
          state: "stale",
          instances: 2,
          lastError: "FLEET_DISCOVERY_API_FORBIDDEN",
          conditions: [
            {
              reason: "MissingRight",
              object: `${resource}/shop`,
              message: `the API server does not let us list ${name} in namespace shop`,
            },
          ],
        },
      ]),
    );
    // It heals by itself; what happens in the namespace is the sign that nothing was missed.
    await applied("rbac-namespaced.yaml", "shop");
    let touched = 0;
    await eventually(
      async () => {
        touched += 1;
        for (const object of instanceIn("shop").filter(({ kind }) => /Service|EndpointSlice/.test(kind)))
          await server.patch(object, { metadata: { annotations: { touched: String(touched) } } });
        expect(discovery.stats.sources).toMatchObject([{ state: "current", conditions: [] }]);
      },
      { timeoutMs: 15_000 },
    );
  });
});
