import { optionFaults } from "@fleet/testkit";
import { expect, test } from "vitest";

import { workerRules } from "../src/engine/worker-rules.ts";
import { workerSettingsOf } from "../src/engine/worker-settings.ts";
import { backfillRules, settingsOf } from "../src/runs/backfill-options.ts";

test("a run refuses whatever an option cannot be, and options that do not exist", () => {
  expect(optionFaults(backfillRules, { connect: () => undefined, name: "x" }, settingsOf)).toEqual([]);
});

test("a worker, too", () => {
  const given = { fetch: () => undefined, sink: { write: () => undefined } };
  const facts = { kind: "range", from: 1, to: 2, chunkSize: 1 } as const;
  const make = (options: never): unknown => workerSettingsOf(options, facts);
  expect(optionFaults(workerRules, given, make)).toEqual([]);
});
