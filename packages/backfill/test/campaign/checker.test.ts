import { expect, test } from "vitest";

import { check } from "./checker.ts";
import type { HistoryLine } from "./history.ts";

const fetch = (at: number, id: string, token: number, pid = 1): HistoryLine => ({
  kind: "fetch",
  at,
  sent: at,
  id,
  token,
  pid,
});
const write = (at: number, ids: readonly string[], token: number, pid = 1): HistoryLine => ({
  kind: "write",
  at,
  ids,
  token,
  pid,
  refused: [],
});
const judge = (
  history: readonly HistoryLine[],
  stored: readonly string[] = [],
  dead: readonly string[] = [],
) => check({ history, from: 1, to: 3, stored, dead, hasTokens: true });

test("an id that nobody has is lost, unless it was given up; one that nobody asked for is unexpected", () => {
  expect(judge([], ["1", "9"], ["2"])).toMatchObject({ lost: ["3"], unexpected: ["9"], dead: 1 });
});

test("of what was given up only what is bad was given up rightly", () => {
  const evidence = {
    history: [],
    from: 1,
    to: 3,
    stored: ["1"],
    dead: ["2", "3"],
    bad: ["3"],
    hasTokens: true,
  };
  expect(check(evidence)).toMatchObject({ lost: [], dead: 2, wronged: ["2"] });
});

test("what is written again is counted", () => {
  const history = [write(1, ["1", "2"], 5), write(2, ["2", "3"], 6), write(3, ["2"], 7)];
  expect(judge(history)).toMatchObject({ duplicates: 2 });
});

test("a token that two have, and an id begun under a lower one than before, are faults", () => {
  const claim = (pid: number): HistoryLine => ({ kind: "claim", at: 1, token: 5, pid });
  expect(judge([claim(1), claim(2)]).tokenFaults).toHaveLength(1);
  expect(judge([fetch(1, "1", 5), fetch(2, "1", 4)]).tokenFaults).toHaveLength(1);
  // Fetched again under the same claim, and by a later one.
  expect(judge([fetch(1, "1", 5), fetch(2, "1", 6), fetch(3, "1", 5), fetch(4, "1", 6)]).tokenFaults).toEqual(
    [],
  );
});

test("the most calls within any second are found, also across the edge of a whole one", () => {
  const times = [0, 10, 900, 950, 1005, 1890, 1901];
  expect(judge(times.map((at) => fetch(at, "1", 1)))).toMatchObject({ mostPerSecond: 4 });
});

test("the longest silence is between two ids that are new, whatever is written again meanwhile", () => {
  const history = [
    fetch(100, "1", 5),
    write(150, ["1"], 5),
    write(400, ["1"], 6),
    write(900, ["1", "2"], 6),
    write(950, ["3"], 6),
  ];
  expect(judge(history)).toMatchObject({ longestSilenceMs: 750 });
});

test("an id in flight when its worker is killed is recovered when somebody begins with it again", () => {
  const history: HistoryLine[] = [
    fetch(100, "1", 5),
    fetch(110, "2", 5),
    write(120, ["2"], 5),
    { kind: "kill", at: 200, pid: 1 },
    fetch(900, "2", 6, 2),
    fetch(1000, "1", 6, 2),
    fetch(1100, "1", 7, 3),
  ];
  expect(judge(history)).toMatchObject({ kills: 1, recoveries: [800] });
});
