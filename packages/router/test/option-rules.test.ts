import { optionFaults } from "@fleet/testkit";
import { expect, it } from "vitest";

import { InvalidOptionError, Router, type Target, type Vacancy } from "../src/index.ts";
import { routerRules, targetRules, vacancyRules } from "../src/router-rules.ts";

const target: Target = { id: "a", instance: "i", role: "primary", state: "ready", reads: "primary" };
/** Targets and vacancies may have more than a router reads. */
const unlessExtra = (faults: readonly string[]): readonly string[] =>
  faults.filter((fault) => !fault.startsWith("noSuchOption"));

it("a router refuses whatever an option cannot be, and options that do not exist", () => {
  expect(optionFaults(routerRules, {}, (options) => new Router(options))).toEqual([]);
});

it("a router refuses targets and vacancies that are none", () => {
  const { instance: _, ...rules } = targetRules;
  const update = (other: Target): void => new Router().update([{ ...other, instance: "i" }]);
  expect(unlessExtra(optionFaults(rules, { ...target }, update))).toEqual([]);
  const vacate = (vacancy: Vacancy): void => new Router().replace(new Map([["i", vacancy]]));
  const { reason: __, ...ofVacancy } = vacancyRules;
  expect(unlessExtra(optionFaults(ofVacancy, { reason: "cluster" }, vacate))).toEqual([]);
  expect(() => vacate({ reason: "full" as never })).toThrow(
    'reason must be "no-endpoints" or "cluster", got "full"',
  );
});

it("a router that refuses a target keeps those of before", () => {
  const router = new Router();
  router.update([target]);
  expect(() => router.update([{ ...target, role: "master" as never }])).toThrow(InvalidOptionError);
  expect(router.pick({ instance: "i", access: "write" }).target).toBe(target);
});

it.each(["delete", "READ", "instances", undefined, 1])("a router refuses the access %s", (access) => {
  const router = new Router();
  router.update([target]);
  expect(() => router.pick({ instance: "i", access: access as never })).toThrow(
    'access must be "read" or "write"',
  );
});
