import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Instance } from "../../src/index.ts";
import { merge } from "../../src/served/merge.ts";
import { MergedSet } from "../../src/served/merged-set.ts";
import { made } from "../source/manual-source.ts";

/** A source whose list the test replaces, and how often it was read whole. */
class List {
  readonly name: string;
  reads = 0;
  #instances: readonly Instance[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get instances(): readonly Instance[] {
    this.reads += 1;
    return this.#instances;
  }

  hand(to: MergedSet, next: readonly Instance[], first = false): ReturnType<MergedSet["replace"]> {
    const previous = first ? undefined : this.#instances;
    this.#instances = next;
    return to.replace(previous, next);
  }
}

const many = (prefix: string, count: number): readonly Instance[] =>
  made(...Array.from({ length: count }, (_, index) => ({ name: `${prefix}${index}` })));

function filled(): {
  readonly list: List;
  readonly merged: MergedSet;
  readonly instances: readonly Instance[];
} {
  const list = new List("a");
  const merged = new MergedSet([list]);
  const instances = many("i", 100);
  list.hand(merged, instances, true);
  list.reads = 0;
  return { list, merged, instances };
}

describe("one change among many", () => {
  test.for<[string, (all: readonly Instance[]) => readonly Instance[], readonly string[]]>([
    ["an update", (all) => all.with(50, { ...all[50]!, state: "drain" }), ["updated i50"]],
    [
      "two updates far from each other",
      (all) => all.with(2, { ...all[2]!, state: "drain" }).with(97, { ...all[97]!, state: "drain" }),
      ["updated i2", "updated i97"],
    ],
    ["an addition", (all) => all.toSpliced(10, 0, ...made({ name: "new" })), ["added new"]],
    ["a removal", (all) => all.toSpliced(10, 1), ["removed i10"]],
    ["another uid", (all) => all.with(0, { ...all[0]!, uid: "other" }), ["removed i0", "added i0"]],
    ["an equal copy", (all) => all.with(99, { ...all[99]! }), []],
    ["a copy of the list", (all) => [...all], []],
    [
      "a name that goes from one to the other",
      (all) => all.toSpliced(10, 2, { ...all[11]!, name: "i10" }),
      ["removed i10", "removed i11", "added i10"],
    ],
  ])("%s is told without a look at the others", ([, change, expected]) => {
    const { list, merged, instances } = filled();
    const next = change(instances);
    const changes = list.hand(merged, next);
    expect(changes.map(({ type, instance }) => `${type} ${instance.name}`)).toEqual(expected);
    expect(list.reads).toBe(0);
    expect(merged.instances).toEqual(new Map(next.map((instance) => [instance.name, instance])));
  });

  test("a name that is taken already is a conflict", () => {
    const { list, merged, instances } = filled();
    expect(list.hand(merged, [...instances, { ...instances[0]!, uid: "other" }])).toEqual([]);
    expect(merged.conflicts).toMatchObject([{ source: "a", winner: "a", instance: { uid: "other" } }]);
  });

  test("beside a conflict is told without a look at the others; within one, all are looked at", () => {
    const { list, merged, instances } = filled();
    const disputed = [...instances, { ...instances[0]!, uid: "other" }];
    list.hand(merged, disputed);
    list.reads = 0;
    list.hand(merged, disputed.with(50, { ...instances[50]!, state: "drain" }));
    expect(list.reads).toBe(0);
    const changes = list.hand(merged, disputed.with(50, { ...instances[50]!, state: "drain" }).slice(1));
    expect(changes.map(({ type, instance }) => `${type} ${instance.uid}`)).toEqual([
      "removed i0",
      "added other",
    ]);
    expect(merged.conflicts).toEqual([]);
  });

  test("an update tells as previous what was served, not its equal copy", () => {
    const { list, merged, instances } = filled();
    list.hand(merged, instances.with(5, { ...instances[5]! }));
    const [change] = list.hand(merged, instances.with(5, { ...instances[5]!, state: "drain" }));
    expect(change?.type === "updated" && change.previous).toBe(instances[5]);
  });

  test("the map is the same one until something changed, and one that was taken stays as it is", () => {
    const { list, merged, instances } = filled();
    const taken = merged.instances;
    list.hand(merged, [...instances]);
    expect(merged.instances).toBe(taken);
    list.hand(merged, instances.slice(1));
    expect(taken.has("i0")).toBe(true);
    expect(merged.instances.has("i0")).toBe(false);
  });
});

test("after any history it is what merging everything anew would give, and its changes lead there", () => {
  const step = fc.record({
    source: fc.nat(1),
    at: fc.nat(29),
    remove: fc.nat(2),
    add: fc.array(
      fc.record({
        // Names and uids of either source's own thirty, and a few that are free.
        name: fc.constantFrom("a1", "a2", "b1", "b2", "free", "spare"),
        uid: fc.constantFrom("a1", "a3", "b1", "b3", "free", "other"),
        state: fc.constantFrom("ready" as const, "drain" as const),
      }),
      { maxLength: 2 },
    ),
  });
  let parts = 0;
  let wholes = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
      const lists = [new List("first"), new List("second")] as const;
      const merged = new MergedSet(lists);
      const model: [readonly Instance[], readonly Instance[]] = [many("a", 30), many("b", 30)];
      for (const index of [0, 1] as const) lists[index].hand(merged, model[index], true);
      const told = new Map(merged.instances);
      for (const { source, at, remove, add } of steps) {
        const index = source as 0 | 1;
        const before = lists[0].reads;
        const added = add.flatMap((input) => made(input));
        model[index] = model[index].toSpliced(at, remove, ...added);
        const changes = lists[index].hand(merged, model[index]);
        if (lists[0].reads > before) wholes += 1;
        else parts += 1;
        for (const { type, instance } of changes)
          if (type === "removed") told.delete(instance.name);
          else told.set(instance.name, instance);
        const { set, conflicts } = merge([
          { name: "first", instances: model[0] },
          { name: "second", instances: model[1] },
        ]);
        expect(merged.instances).toEqual(
          new Map([...set.values()].map((instance) => [instance.name, instance])),
        );
        expect(told).toEqual(merged.instances);
        const disputes = (all: typeof conflicts): readonly string[] =>
          all.map(({ source, winner, instance: { name, uid } }) => `${source} ${winner} ${name} ${uid}`);
        expect(disputes(merged.conflicts)).toEqual(disputes(conflicts));
      }
    }),
    { numRuns: 300 },
  );
  // Both ways were gone.
  expect(Math.min(parts, wholes)).toBeGreaterThan(100);
});
