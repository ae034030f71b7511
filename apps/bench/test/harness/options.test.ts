import { describe, expect, test, vi } from "vitest";

import { InvalidOptionError } from "../../src/errors.ts";
import { parseOptions, planOf } from "../../src/harness/options.ts";

const plans = { full: { rounds: 9, roundMs: 1200 }, quick: { rounds: 3, roundMs: 700 } };

test("without arguments everything runs at full length, with a seed that is always the same", () => {
  expect(parseOptions([])).toEqual({ scenarios: [], quick: false, list: false, seed: 1 });
});

test("reads all that the README says", () => {
  const line = "shared-lane gateway --quick --json figures.json --seed 7 --rounds 2 --round-ms 50";
  expect(parseOptions(line.split(" "))).toEqual({
    scenarios: ["shared-lane", "gateway"],
    quick: true,
    list: false,
    json: "figures.json",
    seed: 7,
    rounds: 2,
    roundMs: 50,
  });
});

test("a package manager may pass its own separator on", () => {
  expect(parseOptions(["--", "shared-lane", "--quick"])).toMatchObject({
    scenarios: ["shared-lane"],
    quick: true,
  });
});

describe("a number that is none is refused with what was said", () => {
  test.for([
    ["--seed", "x"],
    ["--seed", "-1"],
    ["--seed", "1.5"],
    ["--seed", "99999999999999999"],
    ["--rounds", "0"],
    ["--round-ms", "0"],
    ["--round-ms", "1s"],
  ])("%s %s", ([option, value]) => {
    const parse = (): unknown => parseOptions([`${option}=${value}`]);
    expect(parse).toThrow(InvalidOptionError);
    expect(parse).toThrow(`${option} is a whole number`);
    expect(parse).toThrow(`not "${value}"`);
  });
});

test("an unknown option is refused", () => {
  const screen = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(() => parseOptions(["--fast"])).toThrow("unknown option '--fast'");
  screen.mockRestore();
});

test("the plan is the scenario's, full or quick, but for what the command line says", () => {
  expect(planOf(plans, parseOptions([]))).toEqual(plans.full);
  expect(planOf(plans, parseOptions(["--quick"]))).toEqual(plans.quick);
  expect(planOf(plans, parseOptions(["--quick", "--rounds", "1"]))).toEqual({ rounds: 1, roundMs: 700 });
  expect(planOf(plans, parseOptions(["--round-ms", "50"]))).toEqual({ rounds: 9, roundMs: 50 });
});
