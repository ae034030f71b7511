import { expect, test } from "vitest";

import { gapsOfMetrics, metricsPage } from "../../src/reference/metrics-page.ts";
import { parseExposition } from "../../src/reference/metrics.ts";

const metrics = parseExposition(`# HELP lamps How many lamps burn.
# TYPE lamps gauge
lamps{room="hall",floor="1"} 2
# HELP lamp_seconds How long one burnt.
# TYPE lamp_seconds histogram
lamp_seconds_bucket{le="1",room="hall"} 1
lamp_seconds_sum{room="hall"} 1
# HELP lamps_lost How many are gone.
# TYPE lamps_lost counter
`);

test("an exposition has the type, the labels and the help of each metric", () => {
  expect(metrics).toEqual([
    {
      name: "lamps",
      type: "gauge",
      labels: ["room", "floor"],
      meaning: "How many lamps burn.",
      isSeen: true,
    },
    {
      name: "lamp_seconds",
      type: "histogram",
      labels: ["room"],
      meaning: "How long one burnt.",
      isSeen: true,
    },
    { name: "lamps_lost", type: "counter", labels: [], meaning: "How many are gone.", isSeen: false },
  ]);
});

test("a metric without a series is named, for its labels are not known", () => {
  expect(gapsOfMetrics({ name: "fixture", metrics })).toEqual([
    "lamps_lost has no series in the sample of tooling/checks/src/reference/metrics.ts",
  ]);
  expect(gapsOfMetrics({ name: "fixture", metrics: [] })).toEqual(["fixture: no metric was found"]);
});

test("the page has a table for each package", () => {
  expect(metricsPage([{ name: "fixture", metrics }])).toContain(
    "| `lamps` | gauge | `room`, `floor` | How many lamps burn. |",
  );
});
