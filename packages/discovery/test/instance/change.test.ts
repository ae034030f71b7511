import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Instance, InstanceChange } from "../../src/index.ts";
import { diff } from "../../src/instance/change.ts";
import { equal } from "../../src/instance/equal.ts";
import { made } from "../source/manual-source.ts";

const names = ["a", "b", "c", "d"];
const uids = ["1", "2", "3", "4", "5"];
const hosts = ["10.0.0.1", "10.0.0.2"];

/** Instances with names and uids of their own each, from a small world so that sets overlap. */
const set = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(...names),
      uid: fc.constantFrom(...uids),
      host: fc.constantFrom(...hosts),
      state: fc.constantFrom("ready" as const, "drain" as const),
      labels: fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom("1", "2")),
    }),
    { selector: ({ name }) => name },
  )
  .map((inputs) =>
    inputs.filter(({ uid }, index) => inputs.findIndex((other) => other.uid === uid) === index),
  )
  .map((inputs) =>
    made(...inputs.map(({ host, ...input }) => ({ ...input, endpoints: [{ host, port: 6379 }] }))),
  );

const by = (key: "name" | "uid", instances: Iterable<Instance>): Map<string, Instance> =>
  new Map([...instances].map((instance) => [instance[key], instance]));

/** What a listener does that keeps a map of its own. */
function apply(map: Map<string, Instance>, key: "name" | "uid", changes: readonly InstanceChange[]): void {
  for (const { type, instance } of changes)
    if (type === "removed") map.delete(instance[key]);
    else map.set(instance[key], instance);
}

describe("the steps from one set to another", () => {
  test("lead from the old map to the new one, whichever key the listener keeps", () => {
    fc.assert(
      fc.property(set, set, (before, after) => {
        const changes = diff(by("uid", before), by("uid", after));
        for (const key of ["name", "uid"] as const) {
          const map = by(key, before);
          apply(map, key, changes);
          expect(map).toEqual(by(key, after));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("come removed, updated, added, tell each uid at most once a kind, and nothing that stayed", () => {
    fc.assert(
      fc.property(set, set, (before, after) => {
        const old = by("uid", before);
        const changes = diff(old, by("uid", after));
        const order = { removed: 0, updated: 1, added: 2 };
        const ranks = changes.map(({ type }) => order[type]);
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
        const keys = changes.map(({ type, instance }) => `${type} ${instance.uid}`);
        expect(new Set(keys).size).toBe(keys.length);
        const updates = changes.filter((change) => change.type === "updated");
        for (const { instance, previous } of updates) {
          expect(previous).toBe(old.get(instance.uid));
          expect(previous.name).toBe(instance.name);
          expect(previous).not.toEqual(instance);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("are none between a set and a copy of it", () => {
    fc.assert(
      fc.property(set, (instances) => {
        expect(diff(by("uid", instances), by("uid", structuredClone(instances)))).toEqual([]);
      }),
    );
  });

  test("the same name with another uid is removed and added, and so is the same uid with another name", () => {
    const types = (before: readonly Instance[], after: readonly Instance[]): readonly string[] =>
      diff(by("uid", before), by("uid", after)).map(({ type, instance }) => `${type} ${instance.name}`);
    expect(types(made({ name: "a", uid: "1" }), made({ name: "a", uid: "2" }))).toEqual([
      "removed a",
      "added a",
    ]);
    expect(types(made({ name: "a", uid: "1" }), made({ name: "b", uid: "1" }))).toEqual([
      "removed a",
      "added b",
    ]);
  });
});

test("equality of plain data is that of the test framework", () => {
  const plain = fc.object({
    values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(undefined), fc.constant(null)],
  });
  fc.assert(
    fc.property(plain, plain, (a, b) => {
      expect(equal(a, structuredClone(a))).toBe(true);
      let same = true;
      try {
        expect(a).toStrictEqual(b);
      } catch {
        same = false;
      }
      expect(equal(a, b)).toBe(same);
    }),
  );
  expect(equal([], {})).toBe(false);
  expect(equal({ a: undefined }, {})).toBe(false);
  expect(equal({ a: 1 }, { b: 1 })).toBe(false);
});
