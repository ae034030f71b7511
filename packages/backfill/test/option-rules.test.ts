import { optionFaults } from "@fleet/testkit";
import { expect, test } from "vitest";

import { backfillRules, settingsOf } from "../src/backfill-options.ts";
import { workerRules } from "../src/worker-rules.ts";
import { workerSettingsOf } from "../src/worker-settings.ts";

test("a run refuses whatever an option cannot be, and options that do not exist", () => {
  expect(optionFaults(backfillRules, { connect: () => undefined, name: "x" }, settingsOf)).toEqual([]);
});

test("a worker, too", () => {
  const given = { fetch: () => undefined, sink: { write: () => undefined } };
  const facts = { kind: "range", from: 1, to: 2, chunkSize: 1 } as const;
  const make = (options: never): unknown => workerSettingsOf(options, facts);
  expect(optionFaults(workerRules, given, make)).toEqual([]);
});
