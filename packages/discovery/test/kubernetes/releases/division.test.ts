import { describe, expect, test } from "vitest";

import { reconciled } from "../../churn/cluster-model.ts";
import type { Raw } from "../kubernetes-fixtures.ts";
import { foundIn, helm, pod, service, worldOf } from "./chart-world.ts";

const selecting = (release: string, more = {}): { readonly spec: Readonly<Record<string, unknown>> } => ({
  spec: { selector: { "app.kubernetes.io/instance": release, "app.kubernetes.io/name": "redis", ...more } },
});
const podOf = (name: string, ip: number, release: string, more = {}): Raw => {
  const made = pod(name, ip, "all");
  const { selector } = selecting(release, more).spec as {
    readonly selector: Readonly<Record<string, string>>;
  };
  return { ...made, metadata: { ...made.metadata, labels: selector } };
};

/** A release of CloudPirates' chart to which Argo CD gave the label of its application. */
const release = (name: string, ip: number): readonly Raw[] => {
  const labels = helm("shopapp", "redis-0.34.18");
  return [
    service(`${name}-redis`, labels, "tcp-redis:6379", "", selecting(name)),
    service(`${name}-redis-headless`, labels, "tcp-redis:6379", "", selecting(name)),
    podOf(`${name}-redis-0`, ip, name),
  ];
};
const apart = ["a-redis cloudpirates-redis: 1:6379 unknown", "b-redis cloudpirates-redis: 2:6379 unknown"];

describe("two releases that have one label of the release", () => {
  test("are two, in whatever order they come", () => {
    const objects = [...release("a", 1), ...release("b", 2)];
    for (const all of [objects, objects.toReversed()]) {
      const model = worldOf(all);
      expect(foundIn(model).toSorted()).toEqual(apart);
      expect(model.conditions).toEqual([]);
    }
  });

  test("of which one comes later: the first is renamed, which is said, and both stay what they are", () => {
    const model = worldOf(release("a", 1));
    expect(foundIn(model)).toEqual(["shopapp cloudpirates-redis: 1:6379 unknown"]);
    model.put(...reconciled([...release("a", 1), ...release("b", 2)]));
    expect(foundIn(model).toSorted()).toEqual(apart);
    expect(model.conditions).toEqual(["NameShared Service shop/a-redis"]);
    model.drop(...reconciled(release("a", 1)));
    expect(foundIn(model)).toEqual(apart.slice(1));
    model.put(...reconciled(release("a", 1)));
    expect(foundIn(model).toSorted()).toEqual(apart);
  });

  test("also of Bitnami's chart with replicas, each as one", () => {
    const one = (name: string, ip: number): readonly Raw[] =>
      ["master", "replica"].flatMap((component, index) => {
        const more = { "app.kubernetes.io/component": component };
        const labels = helm("shopapp", "redis-23.1.1", component);
        const suffix = component === "master" ? "master" : "replicas";
        return [
          service(`${name}-redis-${suffix}`, labels, "tcp-redis:6379", "", selecting(name, more)),
          podOf(`${name}-redis-${suffix}-0`, ip + index, name, more),
        ];
      });
    expect(foundIn(worldOf([...one("a", 1), ...one("b", 3)])).toSorted()).toEqual([
      "a-redis bitnami-redis: 1:6379 primary, 2:6379 replica",
      "b-redis bitnami-redis: 3:6379 primary, 4:6379 replica",
    ]);
  });
});

test("Services of one release whose names differ stay together where one Pod may stand behind both", () => {
  const labels = helm("shop", "redis-0.34.18");
  const model = worldOf([
    service("cache", labels, "tcp-redis:6379", "", selecting("shop")),
    service("sessions", labels, "tcp-redis:6379", "", selecting("shop")),
    podOf("cache-0", 1, "shop"),
  ]);
  expect(foundIn(model)).toEqual(["shop cloudpirates-redis: 1:6379 unknown"]);
});

describe("of Services with app=redis and one instance", () => {
  const labels = { app: "redis", instance: "orders" };

  test("the client's and the headless one of a StatefulSet are one", () => {
    const model = worldOf([
      service("orders", labels, "redis:6379", "all"),
      service("orders-headless", labels, "redis:6379", "all", { spec: { clusterIP: "None" } }),
      pod("orders-0", 1, "all"),
    ]);
    expect(foundIn(model)).toEqual(["orders app-redis: 1:6379 unknown"]);
    expect(model.conditions).toEqual([]);
  });

  test("two that select other Pods are two, and one name has one of them", () => {
    const model = worldOf([
      service("orders", labels, "redis:6379", "one"),
      service("others", labels, "redis:6379", "two"),
      pod("orders-0", 1, "one"),
      pod("others-0", 2, "two"),
    ]);
    expect(foundIn(model)).toEqual(["orders app-redis: 1:6379 unknown"]);
    expect(model.conditions).toEqual(["NameTaken Service shop/others"]);
  });
});
