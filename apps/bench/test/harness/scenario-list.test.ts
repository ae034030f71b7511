import { describe, expect, test } from "vitest";

import { InvalidOptionError } from "../../src/errors.ts";
import { loadScenarios, scenarioNames } from "../../src/harness/scenario-list.ts";

const scenarios = await loadScenarios();
const warmUpRounds = 1;
/** How many contestants a scenario has at most, for the length of a run. */
const contestants: Readonly<Record<string, number>> = {
  // Only one is under load for that time; the others hold a cluster, or meet faults.
  discovery: 1,
  "shared-lane": 12,
  "whole-walk": 3,
  gateway: 8,
  scrape: 2,
  worker: 7,
};

test("the scenarios are the files of the folder", () => {
  expect(scenarioNames()).toEqual(["discovery", "gateway", "scrape", "shared-lane", "whole-walk", "worker"]);
});

test("each bears the name of its file and says what it answers", () => {
  expect(scenarios.map(({ name }) => name)).toEqual(scenarioNames());
  for (const { question } of scenarios) expect(question).toMatch(/^[A-Z][^\n]+\?$/);
});

test("those that are named are loaded, in that order", async () => {
  const named = await loadScenarios(["whole-walk", "gateway"]);
  expect(named.map(({ name }) => name)).toEqual(["whole-walk", "gateway"]);
});

test("a name that none has is refused with the names that there are", async () => {
  const loading = loadScenarios(["shared-lane", "shared-lain"]);
  await expect(loading).rejects.toThrow(InvalidOptionError);
  await expect(loading).rejects.toThrow(
    "no scenario is named shared-lain; there are discovery, gateway, scrape, shared-lane, whole-walk, worker",
  );
});

describe("the planned load leaves time to start and stop", () => {
  test.for(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    "%s",
    ([name, { quick, full }]) => {
      const seconds = ({ rounds, roundMs }: typeof quick): number =>
        ((rounds + warmUpRounds) * roundMs * contestants[name]!) / 1000;
      expect(seconds(quick)).toBeLessThan(40);
      expect(seconds(full)).toBeLessThan(180);
    },
  );
});
