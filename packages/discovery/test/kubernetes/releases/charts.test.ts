import { describe, expect, test } from "vitest";

import type { Profile } from "../../../src/kubernetes/profiles/profile.ts";
import { profiles } from "../../../src/kubernetes/profiles/profiles.ts";
import { ClusterModel, reconciled } from "../../churn/cluster-model.ts";
import { foundIn, helm, pod, service, worldOf } from "./chart-world.ts";
import { embeddedCharts } from "./charts-inside-of-others.ts";
import { bitnamiCharts } from "./charts-of-bitnami.ts";
import { otherCharts } from "./charts-of-others.ts";

describe.each(Object.entries({ ...bitnamiCharts, ...otherCharts, ...embeddedCharts }))(
  "%s",
  (_, { objects, found, conditions }) => {
    test("is found as what it is, with what there is to say", () => {
      const model = worldOf(objects);
      expect(foundIn(model)).toEqual(found);
      expect(model.conditions).toEqual(conditions ?? []);
    });

    test("in whatever order its objects come", () => {
      const model = worldOf(objects.toReversed());
      expect(foundIn(model)).toEqual(found);
      expect(model.conditions).toEqual(conditions ?? []);
    });
  },
);

test("a chart of one's own takes a place among them by its signs", () => {
  const ours: Profile = {
    name: "ours",
    signs: [{ chart: "redis-900\\..+", labels: { team: "" } }],
    instance: "{label:app.kubernetes.io/instance}",
  };
  const found = (chart: string, labels = {}): readonly string[] => {
    const model = new ClusterModel({ profiles: [ours, ...profiles] });
    const all = { ...helm("orders", chart), ...labels };
    model.put(
      ...reconciled([service("orders-redis", all, "redis:6379", "all"), pod("orders-redis-0", 1, "all")]),
    );
    return foundIn(model);
  };
  expect(found("redis-900.1.0")).toEqual(["orders ours: 1:6379 unknown"]);
  expect(found("redis-900.1.0", { team: "a" })).toEqual(["orders redis-chart: 1:6379 unknown"]);
  expect(found("redis-2.4.4")).toEqual(["orders groundhog2k-redis: 1:6379 unknown"]);
});

test("a profile that is not wanted takes nothing, and what it would have taken is reported", () => {
  const wanted = profiles.filter(({ name }) => name === "bitnami-redis");
  const model = new ClusterModel({ profiles: wanted });
  model.put(...reconciled([service("orders-redis", helm("orders", "redis-2.4.4"), "redis:6379", "all")]));
  expect(foundIn(model)).toEqual([]);
  expect(model.conditions).toEqual(["Unrecognised Service shop/orders-redis"]);
});
