import { describe, expect, test } from "vitest";

import { profiles } from "../../../src/kubernetes/profiles/profiles.ts";
import { ClusterModel, reconciled } from "../../churn/cluster-model.ts";
import { expected, fixture, fixtureNames, found } from "../kubernetes-fixtures.ts";
import { embeddedCharts } from "../releases/charts-inside-of-others.ts";
import { bitnamiCharts } from "../releases/charts-of-bitnami.ts";
import { otherCharts } from "../releases/charts-of-others.ts";

test("every profile has a fixture, and every fixture is told what it is", () => {
  const rendered = Object.values({ ...bitnamiCharts, ...otherCharts, ...embeddedCharts }).flatMap(
    (chart) => chart.found,
  );
  const covered = new Set([
    ...Object.values(expected).flatMap((all) => all.map(({ profile }) => profile)),
    ...rendered.map((found) => found.split(/[ :]/)[1]),
  ]);
  expect(profiles.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
  expect(Object.keys(expected).toSorted()).toEqual(fixtureNames);
});

describe("what charts and operators render is found as what it is", () => {
  test.for(fixtureNames)("%s", (name) => {
    const model = new ClusterModel();
    model.put(...reconciled(fixture(name, "shop")));
    expect(model.instances.map(found)).toEqual(expected[name]);
  });

  test.for(fixtureNames)("%s, frozen and with the uids of its Service and its Pods", (name) => {
    const model = new ClusterModel();
    model.put(...reconciled(fixture(name, "shop")));
    expect(model.instances).toHaveLength(expected[name]!.length);
    for (const instance of model.instances) {
      expect(instance.namespace).toBe("shop");
      expect(instance.uid).toMatch(/^service-shop-/);
      expect(Object.isFrozen(instance)).toBe(true);
      for (const endpoint of instance.endpoints) {
        expect(endpoint.uid).toMatch(/^pod-shop-/);
        expect(Object.isFrozen(endpoint)).toBe(true);
      }
    }
  });
});

test("all of them at once, a namespace each, are found apart", () => {
  const model = new ClusterModel({ names: "namespace-instance" });
  for (const name of fixtureNames) model.put(...reconciled(fixture(name, name)));
  expect(model.instances).toHaveLength(Object.values(expected).flat().length);
});
