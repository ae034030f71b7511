import { eventually } from "@fleet/testkit";
import { namespace, pod, secret, startKubernetes } from "@fleet/testkit/kubernetes";
import type { KubernetesServer } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ApiServer, KubernetesSecrets, missingRights } from "../../../src/kubernetes/index.ts";

const at = { namespace: "shop" };
const reference = "secret:shop/orders/redis-password";

let server: KubernetesServer;
beforeAll(async () => {
  server = await startKubernetes();
  await server.apply(namespace("shop"), secret("orders", { "redis-password": "first" }, at));
});
afterAll(() => server.close());

const rule = (resource: string, verbs: readonly string[], group = "", resourceNames?: readonly string[]) => ({
  apiGroups: [group],
  resources: [resource],
  verbs,
  ...(resourceNames !== undefined && { resourceNames }),
});

/** The API server as somebody with these rights in `shop` sees it. */
async function as(user: string, ...rules: readonly ReturnType<typeof rule>[]): Promise<ApiServer> {
  const token = await server.user(user, { namespace: "shop", rules });
  return new ApiServer({ server: { url: server.url, ca: server.ca, token } });
}

describe("on a real API server", () => {
  test("a Secret is read by name with the right on that name alone, and a rotated one counts at once", async () => {
    await using api = await as("narrow", rule("secrets", ["get"], "", ["orders"]));
    const secrets = new KubernetesSecrets({ api });
    await eventually(async () => expect(await secrets.resolve(reference)).toEqual({ password: "first" }));
    await server.apply(secret("orders", { "redis-password": "second" }, at));
    expect(await secrets.resolve(reference)).toEqual({ password: "second" });
    await expect(secrets.resolve("secret:shop/other/key")).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_API_FORBIDDEN",
      message: expect.stringContaining("get secrets in shop") as unknown,
    });
  });

  test("a Pod leads to its Secret, and certificates come out as they went in", async () => {
    const valueFrom = { secretKeyRef: { name: "orders", key: "redis-password" } };
    const env = [{ name: "REDIS_PASSWORD", valueFrom }];
    await server.apply(
      secret("orders", { "redis-password": "of-pod" }, at),
      secret("crt", { "ca.crt": "CA\n", "tls.crt": "C", "tls.key": "K" }, at),
      pod("orders-0", { ...at, ip: "10.20.0.5", container: { env } }),
    );
    await using api = await as("reader", rule("secrets", ["get"]), rule("pods", ["get"]));
    const secrets = new KubernetesSecrets({ api });
    await eventually(async () =>
      expect(await secrets.resolve("pod:shop/orders-0")).toEqual({ password: "of-pod" }),
    );
    expect(await secrets.resolve("pod:shop/orders-1")).toBeUndefined();
    expect(await secrets.resolve("secret:shop/absent/key")).toBeUndefined();
    expect(await secrets.tls("shop/crt")).toEqual({ ca: "CA", cert: "C", key: "K" });
  });

  test("the rights that are missing are those that it refuses", async () => {
    await using api = await as(
      "asking",
      rule("services", ["list"]),
      rule("endpointslices", ["list", "watch"], "discovery.k8s.io"),
      rule("secrets", ["get"], "", ["orders"]),
    );
    await eventually(async () =>
      expect(await missingRights(api, { namespaces: ["shop"] })).toEqual([
        { verb: "watch", group: "", resource: "services", namespace: "shop" },
        { verb: "get", group: "", resource: "pods", namespace: "shop" },
        { verb: "get", group: "", resource: "secrets", namespace: "shop" },
      ]),
    );
    expect(await missingRights(api, { namespaces: "*" })).toHaveLength(6);
    const all = { server: { url: server.url, ca: server.ca, token: server.adminToken } };
    await using admin = new ApiServer(all);
    expect(await missingRights(admin, { namespaces: "*" })).toEqual([]);
  });

  test("what is known outlives the server, frozen or dead, and is anew when it is back", async () => {
    await server.apply(secret("orders", { "redis-password": "known" }, at));
    await using api = await as("outlasting", rule("secrets", ["get"]));
    const secrets = new KubernetesSecrets({ api, patienceMs: 200 });
    await eventually(async () => expect(await secrets.resolve(reference)).toEqual({ password: "known" }));
    server.pause();
    expect(await secrets.resolve(reference)).toEqual({ password: "known" });
    server.resume();
    await server.kill();
    expect(await secrets.resolve(reference)).toEqual({ password: "known" });
    await expect(secrets.resolve("secret:shop/other/key")).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_API_UNREACHABLE",
    });
    await server.restart();
    await server.apply(secret("orders", { "redis-password": "new" }, at));
    await eventually(async () => expect(await secrets.resolve(reference)).toEqual({ password: "new" }));
  });
});
