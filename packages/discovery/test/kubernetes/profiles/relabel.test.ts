import { describe, expect, test } from "vitest";

import type { ServiceRecord } from "../../../src/kubernetes/profiles/objects.ts";
import type { RelabelRule } from "../../../src/kubernetes/profiles/profile.ts";
import { Relabelling } from "../../../src/kubernetes/profiles/relabel.ts";

const service: ServiceRecord = {
  uid: "u",
  namespace: "shop",
  name: "orders-rw",
  createdAt: 0,
  labels: { "app.kubernetes.io/name": "redis", tier: "gold" },
  annotations: { "house.io/owner": "billing" },
  type: "ExternalName",
  clusterIp: "10.0.0.1",
  externalName: "redis.example.com",
  ports: [],
};

const apply = (...rules: readonly RelabelRule[]): Readonly<Record<string, string>> | undefined => {
  const labels = new Relabelling(rules).apply(service);
  return labels && Object.fromEntries(labels);
};
const meta = (name: string): string => `__meta_kubernetes_service_${name}`;

describe("rules rewrite labels as those of Prometheus do", () => {
  test("nothing of what Kubernetes says is left by itself", () => {
    expect(apply()).toEqual({});
  });

  test.for<[string, string]>([
    ["__meta_kubernetes_namespace", "shop"],
    [meta("name"), "orders-rw"],
    [meta("type"), "ExternalName"],
    [meta("cluster_ip"), "10.0.0.1"],
    [meta("external_name"), "redis.example.com"],
    [meta("label_app_kubernetes_io_name"), "redis"],
    [meta("labelpresent_app_kubernetes_io_name"), "true"],
    [meta("annotation_house_io_owner"), "billing"],
    [meta("annotationpresent_house_io_owner"), "true"],
  ])("%s is %s", ([label, value]) => {
    expect(apply({ sourceLabels: [label], targetLabel: "x" })).toEqual({ x: value });
  });

  test("replace joins its sources, matches the whole and fills in the groups", () => {
    const sourceLabels = ["__meta_kubernetes_namespace", meta("name")];
    expect(apply({ sourceLabels, regex: "(.+);(.+)-rw", targetLabel: "x", replacement: "$2.${1}!" })).toEqual(
      { x: "orders.shop!" },
    );
    expect(apply({ sourceLabels, separator: "/", targetLabel: "x" })).toEqual({ x: "shop/orders-rw" });
    expect(apply({ sourceLabels, regex: "shop", targetLabel: "x" })).toEqual({});
    expect(apply({ targetLabel: "x", replacement: "constant" })).toEqual({ x: "constant" });
  });

  test("replace with nothing takes the label away, and a source that is missing is empty", () => {
    expect(
      apply({ targetLabel: "x", replacement: "1" }, { sourceLabels: ["nobody"], targetLabel: "x" }),
    ).toEqual({});
  });

  test("a rule sees what the rules before it made", () => {
    expect(
      apply(
        { targetLabel: "__tmp", replacement: "a" },
        { sourceLabels: ["__tmp"], targetLabel: "x", replacement: "$1b" },
      ),
    ).toEqual({ x: "ab" });
  });

  test("keep and drop decide about the whole Service", () => {
    const sourceLabels = [meta("label_tier")];
    expect(apply({ sourceLabels, regex: "gold|silver", action: "keep" })).toEqual({});
    expect(apply({ sourceLabels, regex: "gol", action: "keep" })).toBeUndefined();
    expect(apply({ sourceLabels, regex: "gold", action: "drop" })).toBeUndefined();
    expect(apply({ sourceLabels, regex: "silver", action: "drop" })).toEqual({});
  });

  test("labelmap gives labels other names", () => {
    expect(apply({ regex: "__meta_kubernetes_service_label_(.+)", action: "labelmap" })).toEqual({
      app_kubernetes_io_name: "redis",
      tier: "gold",
    });
    expect(
      apply({ regex: "__meta_(.+)_name", replacement: "__meta_$1_name_name", action: "labelmap" }),
    ).toEqual({});
  });
});

test("annotations that a rule looks at are known, so that the others need not be kept", () => {
  const rules = new Relabelling([
    { sourceLabels: [meta("annotation_house_io_owner")], targetLabel: "x" },
    { regex: "__meta_kubernetes_service_annotation_fleet_(.+)", action: "labelmap" },
  ]);
  expect(rules.readsAnnotation("house.io/owner")).toBe(true);
  expect(rules.readsAnnotation("fleet/any")).toBe(true);
  expect(rules.readsAnnotation("kubectl.kubernetes.io/last-applied-configuration")).toBe(false);
});
