import { describe, expect, test } from "vitest";

import type { ClusterModel } from "../../churn/cluster-model.ts";
import type { Raw } from "../kubernetes-fixtures.ts";
import { foundIn, helm, pod, service, worldOf } from "./chart-world.ts";

const podinfo = service("podinfo-redis", { app: "podinfo-redis" }, "redis:6379>redis", "all");
const messages = ({ conditionSet }: ClusterModel): readonly string[] =>
  conditionSet.all.map(({ message }) => message);

describe("a Service that looks like Redis and that no profile recognises is reported", () => {
  test.for<[string, Raw]>([
    ["podinfo's", podinfo],
    ["made by hand, with no more than app: redis", service("cache", { app: "redis" }, ":6379", "all")],
    ["without a label", service("cache", {}, "data:6379", "all")],
    ["by the name of its port", service("cache", {}, "tcp-redis-cache:7000", "all")],
    ["by its appProtocol", service("cache", {}, "db:7000!redis", "all")],
    ["by its own name", service("session-redis-master", {}, ":7000", "all")],
    ["of airflow", service("air-redis", { component: "redis", release: "air" }, "redis-db:6379", "all")],
    [
      "with the labels of a chart and the sign of none",
      service(
        "x-cache",
        { "app.kubernetes.io/name": "cache", "app.kubernetes.io/instance": "x" },
        "tcp-redis:6379",
        "all",
      ),
    ],
    [
      "of a chart under an alias that hides which it is: groundhog2k's",
      service("u-queue", helm("u", "queue-2.4.4"), "redis:6379", "all"),
    ],
    [
      "of redis-ha under an alias",
      service(
        "u-cache-ha",
        { app: "cache-ha", release: "u", heritage: "Helm", chart: "cache-ha-4.39.0" },
        "tcp-server:6379 tcp-sentinel:26379",
        "all",
      ),
    ],
    [
      "of Dragonfly's chart under an alias",
      service("u-cache", helm("u", "cache-v1.30.0"), "dragonfly:6379", "all"),
    ],
    [
      "by hand, with the labels that hyperspike uses too",
      service(
        "valkey",
        {
          "app.kubernetes.io/name": "valkey",
          "app.kubernetes.io/component": "valkey",
          "app.kubernetes.io/instance": "shop",
        },
        "valkey:6379",
        "all",
      ),
    ],
    [
      "of another operator of Valkey",
      service(
        "orders",
        {
          ...helm("orders", "", "valkey", "valkey"),
          "app.kubernetes.io/managed-by": "vko.gtrfc.com",
          "vko.gtrfc.com/cluster": "orders",
        },
        "valkey:6379",
        "all",
      ),
    ],
    ["of Sentinels alone", service("watchers", {}, "sentinel:26379", "all")],
  ])("%s", ([, object]) => {
    const model = worldOf([object]);
    expect(foundIn(model)).toEqual([]);
    expect(model.conditions).toEqual([`Unrecognised Service shop/${object.metadata.name}`]);
    expect(model.unrecognised).toMatchObject([{ namespace: "shop", service: object.metadata.name }]);
    // The label of the remedy takes each of them in.
    const instance = /fleet\.dev\/instance=(\S+)/.exec(model.unrecognised[0]!.remedy)![1]!;
    const labels = { ...object.metadata.labels, "fleet.dev/instance": instance };
    const labelled = worldOf([{ ...object, metadata: { ...object.metadata, labels } }, pod("p-0", 1, "all")]);
    expect(labelled.unrecognised).toEqual([]);
    const isSentinel = object.metadata.name === "watchers";
    expect(labelled.instances.map(({ name, profile }) => `${name} ${profile}`)).toEqual(
      isSentinel ? [] : [`${instance} annotated`],
    );
  });

  test("with the label that takes it in, which does", () => {
    const model = worldOf([podinfo, pod("podinfo-redis-abc", 1, "all")]);
    const [found] = model.unrecognised;
    expect(found).toEqual({
      namespace: "shop",
      service: "podinfo-redis",
      ports: ["redis 6379"],
      remedy: "kubectl label service -n shop podinfo-redis fleet.dev/instance=podinfo-redis",
    });
    expect(messages(model)).toEqual([
      `it looks like Redis (redis 6379) and no profile recognises it; to make it an instance: ${found!.remedy}; to hide it: the annotation fleet.dev/ignore: "true"`,
    ]);
    const labels = { ...podinfo.metadata.labels, "fleet.dev/instance": "podinfo-redis" };
    const labelled = worldOf([
      { ...podinfo, metadata: { ...podinfo.metadata, labels } },
      pod("podinfo-redis-abc", 1, "all"),
    ]);
    expect(foundIn(labelled)).toEqual(["podinfo-redis annotated: 1:6379 unknown"]);
    expect(labelled.conditions).toEqual([]);
    expect(labelled.unrecognised).toEqual([]);
  });

  test("also one with the labels of a chart", () => {
    const labels = {
      "app.kubernetes.io/name": "cache",
      "app.kubernetes.io/instance": "x",
      "fleet.dev/instance": "cache",
    };
    const model = worldOf([service("x-cache", labels, "tcp-redis:6379", "all"), pod("x-0", 1, "all")]);
    expect(foundIn(model)).toEqual(["cache annotated: 1:6379 unknown"]);
    expect(model.conditions).toEqual([]);
  });

  test("Services of one release with one name, as its Sentinels are", () => {
    const model = worldOf([
      service("cache-master", {}, ":6379", "all"),
      service("cache-sentinel", {}, "sentinel:26379", "all"),
    ]);
    expect(model.unrecognised.map(({ remedy }) => remedy)).toEqual([
      "kubectl label service -n shop cache-master fleet.dev/instance=cache",
      "kubectl label service -n shop cache-sentinel fleet.dev/instance=cache fleet.dev/service=sentinel",
    ]);
  });

  test("until it goes, or is made again as another", () => {
    const uid = "service-shop-podinfo-redis";
    const held = { ...podinfo, metadata: { ...podinfo.metadata, uid } };
    const model = worldOf([held]);
    const successor = { ...held, metadata: { ...held.metadata, uid: "second" } };
    model.put(successor);
    model.drop(held);
    expect(model.conditions).toEqual(["Unrecognised Service shop/podinfo-redis"]);
    model.drop(successor);
    expect(model.conditions).toEqual([]);
  });

  test("in one condition where there are many, while all of them are listed", () => {
    const many = (count: number): readonly Raw[] =>
      Array.from({ length: count }, (_, index) => service(`cache-${index}`, {}, ":6379", "all"));
    expect(worldOf(many(20)).conditions).toHaveLength(20);
    const model = worldOf(many(21));
    expect(model.conditions).toEqual(["Unrecognised Services"]);
    expect(messages(model)[0]).toMatch(/^21 look like Redis/);
    expect(model.unrecognised).toHaveLength(21);
  });
});

describe("nothing is reported of", () => {
  test.for<[string, Raw]>([
    ["a web server", service("web", { app: "web" }, "http:80", "all")],
    ["an exporter", service("redis-exporter", { app: "x" }, "redis-metrics:9121", "all")],
    ["a user interface for Redis", service("redis-commander", { app: "x" }, "http:8081", "all")],
    ["redis-commander", service("rc", {}, "redis-commander:8081", "all")],
    ["redis-commander with a port that says redis", service("redis-commander", {}, "redis:8081", "all")],
    ["RedisInsight", service("insight", {}, "redisinsight:5540", "all")],
    ["RedisInsight by its own name", service("redisinsight", {}, ":5540", "all")],
    ["an exporter on another port", service("x", {}, "redis-exporter:9122", "all")],
    ["an exporter by its own name", service("orders-valkey-exporter", {}, "valkey:9555", "all")],
    ["an operator of Redis", service("redis-operator", { app: "x" }, "https:8443", "all")],
    ["d7y.io's dragonfly", service("dragonfly-manager", { app: "dragonfly" }, "http-server:8080", "all")],
    [
      "another protocol",
      service("dns", {}, ":53", "all", { spec: { ports: [{ port: 6379, protocol: "UDP" }] } }),
    ],
    [
      "a name for something elsewhere",
      service("redis", {}, ":6379", "all", { spec: { type: "ExternalName", externalName: "r.example.com" } }),
    ],
    [
      "one that is to be ignored",
      service("cache", {}, ":6379", "all", { annotations: { "fleet.dev/ignore": "true" } }),
    ],
  ])("%s", ([, object]) => {
    const model = worldOf([object]);
    expect(model.conditions).toEqual([]);
    expect(model.unrecognised).toEqual([]);
  });

  test("another way to the Pods of a release, by whatever labels it selects them", () => {
    const labels = helm("orders", "redis-23.1.1", "master");
    const byHand = (selector: Readonly<Record<string, string>>): Raw =>
      service("outside", {}, "redis:6379", "all", { spec: { selector } });
    const ofOt = { app: "carts", redis_setup_type: "standalone", role: "standalone" };
    const objects = [
      service("orders-redis-master", labels, "tcp-redis:6379", "all"),
      service("carts", ofOt, "redis-client:6379", "ot"),
      pod("orders-redis-master-0", 1, "all"),
      pod("carts-0", 2, "ot"),
    ];
    for (const selector of [
      { "app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "orders" },
      ofOt,
    ]) {
      const model = worldOf([...objects, byHand(selector)]);
      expect(foundIn(model)).toHaveLength(2);
      expect(model.conditions).toEqual([]);
    }
    const alone = worldOf([byHand(ofOt)]);
    expect(alone.conditions).toEqual(["Unrecognised Service shop/outside"]);
    alone.put({ ...objects[1]!, metadata: { ...objects[1]!.metadata, uid: "carts" } });
    expect(alone.conditions).toEqual(["NoAddress Service shop/carts"]);
  });
});
