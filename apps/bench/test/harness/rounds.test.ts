import { describe, expect, test } from "vitest";

import { rotated, runRounds } from "../../src/harness/rounds.ts";
import type { Contestant } from "../../src/harness/scenario.ts";

const signal = new AbortController().signal;

/** Contestants that write down when it is their turn; each turn's figure is its number among all turns. */
function field(names: readonly string[]): {
  readonly contestants: readonly Contestant[];
  readonly turns: string[];
} {
  const turns: string[] = [];
  const contestants = names.map((name) => ({
    name,
    measure: () => Promise.resolve({ opsPerSec: turns.push(name) }),
  }));
  return { contestants, turns };
}

test("everybody has been in every place after as many rounds as there are contestants", async () => {
  const { contestants, turns } = field(["a", "b", "c"]);
  await runRounds(contestants, { rounds: 2, roundMs: 1, seed: 0, signal });
  expect(turns.join("")).toBe("abcbcacab");
});

test("the seed decides who begins", async () => {
  const { contestants, turns } = field(["a", "b", "c"]);
  await runRounds(contestants, { rounds: 1, roundMs: 1, seed: 4, signal });
  expect(turns.join("")).toBe("bcacab");
});

test("the first round is not counted", async () => {
  const { contestants } = field(["a", "b"]);
  const { rounds } = await runRounds(contestants, { rounds: 2, roundMs: 1, seed: 0, signal });
  expect([...rounds]).toEqual([
    ["a", [{ opsPerSec: 4 }, { opsPerSec: 5 }]],
    ["b", [{ opsPerSec: 3 }, { opsPerSec: 6 }]],
  ]);
});

describe("a contestant that fails", () => {
  test("loses its row with the reason, and the others go on", async () => {
    const { contestants, turns } = field(["a", "b"]);
    let turn = 0;
    const failing: Contestant = {
      name: "failing",
      measure: () =>
        (turn += 1) === 2 ? Promise.reject(new Error("3 of 9")) : Promise.resolve({ opsPerSec: 1 }),
    };
    const { rounds, failures } = await runRounds([...contestants, failing], {
      rounds: 3,
      roundMs: 1,
      seed: 0,
      signal,
    });
    expect([...rounds.keys()]).toEqual(["a", "b"]);
    expect([...failures]).toEqual([["failing", "3 of 9"]]);
    expect(turns).toHaveLength(8);
    expect(turn).toBe(2);
  });

  test("is not blamed when the user has had enough", async () => {
    const enough = new AbortController();
    const stopped: Contestant = {
      name: "stopped",
      measure: () => {
        enough.abort(new Error("enough"));
        return Promise.reject(new Error("killed"));
      },
    };
    const run = runRounds([stopped], { rounds: 1, roundMs: 1, seed: 0, signal: enough.signal });
    await expect(run).rejects.toThrow("enough");
  });
});

test("what is rotated keeps its order", () => {
  expect(rotated([1, 2, 3], 1)).toEqual([2, 3, 1]);
  expect(rotated([1, 2, 3], 6)).toEqual([1, 2, 3]);
  expect(rotated([], 5)).toEqual([]);
});
