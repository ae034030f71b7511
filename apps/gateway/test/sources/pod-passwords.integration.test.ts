import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startRedis } from "@fleet/testkit";
import { endpointSlice, kubeconfig, pod, service, startApiServerDouble } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, expect, test } from "vitest";

import { discoveryText } from "../../src/admin/discovery-text.ts";
import { parseConfig } from "../../src/config/config-schema.ts";
import { discover } from "../../src/sources/discover.ts";
import type { FoundInstance } from "../../src/sources/discover.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-pods-"));
});
afterAll(() => rm(folder, { recursive: true }));

const from = (name: string, key: string): object => ({
  name,
  valueFrom: { secretKeyRef: { name: "own", key } },
});

/** What is found of one Pod that runs Redis, with a Secret `own` beside it, and what a dial of a server in its place says. */
async function foundOf(
  container: object,
  server: { readonly password?: string; readonly tls?: boolean },
): Promise<{ readonly instance: FoundInstance; readonly outcome: unknown; readonly text: string }> {
  const data = { right: btoa("right"), wrong: btoa("wrong") };
  const ports = [{ name: "redis", port: 6379 }];
  const address = { addresses: ["10.20.0.5"], targetRef: { kind: "Pod", name: "orders-0", uid: "orders-0" } };
  await using double = await startApiServerDouble();
  await using redis = await startRedis(server);
  await double.apply(
    { apiVersion: "v1", kind: "Secret", metadata: { name: "own", namespace: "default" }, data },
    service("orders", { labels: { "fleet.dev/instance": "orders" }, ports }),
    endpointSlice("orders", { ports, endpoints: [address] }),
    pod("orders-0", { ip: "10.20.0.5", container: { name: "redis", image: "redis:8", ...container } }),
  );
  const path = join(folder, `${crypto.randomUUID()}.yaml`);
  await writeFile(
    path,
    kubeconfig({ url: double.url, ca: double.ca, token: double.adminToken, namespace: "default" }),
  );
  const addressMap = { "10.20.0.5:6379": `${redis.host}:${redis.port}` };
  const parsed = parseConfig({ kubernetes: { kubeconfig: path }, addressMap });
  if ("issues" in parsed) throw new TypeError(JSON.stringify(parsed.issues));
  const all = await discover(parsed.config, {}, 10_000);
  const instance = all.instances[0]!;
  return { instance, outcome: Object.values(instance.dials ?? {})[0], text: discoveryText(all) };
}

test("the place that a Pod led to is named", async () => {
  const { outcome, text } = await foundOf({ env: [from("REDIS_PASSWORD", "right")] }, { password: "right" });
  expect(outcome).toEqual({ outcome: "connected" });
  expect(text).toContain("password pod:default/orders-0: exists in secret:default/own/right");
});

test("a password that is refused is followed by the next", async () => {
  const env = [from("REDIS_PASSWORD", "wrong"), from("VALKEY_PASSWORD", "right")];
  expect((await foundOf({ env }, { password: "right" })).outcome).toEqual({ outcome: "connected" });
});

test("a variable that the server does not read is left out", async () => {
  expect((await foundOf({ env: [from("REDIS_PASSWORD", "right")] }, {})).outcome).toEqual({
    outcome: "connected",
  });
});

test.for([
  [{}, { password: "right" }, "password-missing", "fleet.dev/password-secret: SECRET/KEY"],
  [
    { args: ["--requirepass", "wrong"] },
    { password: "right" },
    "wrong-password",
    "fleet.dev/password-secret",
  ],
  [{}, { tls: true }, "tls-expected", 'fleet.dev/tls: "true"'],
] as const)(
  "%j before %j: the annotation that helps is named",
  async ([container, server, reason, annotation]) => {
    const { outcome, text } = await foundOf(container, server);
    expect(outcome).toMatchObject({
      outcome: reason,
      detail: expect.stringContaining(annotation) as unknown,
    });
    expect(text).toContain(annotation);
  },
);
