import { expect, test } from "vitest";

import { paths, text } from "../src/checkout.ts";
import { timedAssertions } from "../src/timed-tests.ts";

/** Tests that may: by file and title, with the reason. */
const allowed: Readonly<Record<string, string>> = {
  "packages/backfill/test/backfill.integration.test.ts > are listed with their reason, tried again and forgotten, all or some":
    "a time stamp, within a minute of now",
  "packages/backfill/test/faults.integration.test.ts > restored from an old copy: a worker that remembers more stops, a new one goes on from there":
    "lets time pass that the server counts; bounds nothing",
  "packages/backfill/test/original-faults.integration.test.ts > and the number of requests per second is one that is kept":
    "a rate is a time; the bound is one that a busy machine cannot break",
  "packages/backfill/test/worker.integration.test.ts > has no burst at the edge of a window: in no second more than the rate and its burst, by any number of workers":
    "a rate is a time; the bound is one that a busy machine cannot break",
  "packages/client/test/failover.integration.test.ts > writes resume within two seconds of the promotion, and the primary of before gets none when it is back":
    "two seconds are what is promised",
  "packages/client/test/failover.integration.test.ts > a primary that hangs is left too":
    "two seconds are what is promised",
};

test.for([
  ["expect(performance.now() - a).toBeLessThan(5)", [1]],
  ["const took = Date.now() - a; expect(took).toBeGreaterThan(5)", [1]],
  ["const a = performance.now();\nconst b = a + 5;\nexpect(c - b).toBeLessThanOrEqual(1)", [3]],
  [
    "let best = Infinity;\nbest = Math.min(best, performance.now() - a);\nexpect(best).not.toBeLessThan(1)",
    [3],
  ],
  ["const a = performance.now(); const found = list.find((at) => at > a); expect(found).toBeCloseTo(1)", [1]],
  ["const { tookMs } = await timed(f); expect(tookMs).toBeLessThan(5)", [1]],
  ["const a = await load(() => { b = performance.now(); }); expect(a.count).toBeGreaterThan(5)", []],
  ["const a = performance.now(); say(a); expect(list).toHaveLength(5)", []],
  ["expect(count).toBeLessThan(performance.now())", []],
] as const)("an example: %s", ([source, lines]) => {
  expect(timedAssertions("example.ts", source).map(({ line }) => line)).toEqual(lines);
});

test("variables count in their own test only", () => {
  const source = `
    test("one", () => { const a = performance.now(); expect(a).toBeLessThan(1); });
    test.for([[1]])("two", ([a]) => { expect(a).toBeLessThan(2); });`;
  expect(timedAssertions("example.ts", source)).toEqual([{ title: "one", line: 2 }]);
});

test("no test bounds wall-clock time but where the time is what is promised", () => {
  const files = paths(["{packages,apps,tooling}/*/{test,e2e}/**/*.ts"]);
  expect(files.length).toBeGreaterThan(200);
  const found = files.flatMap((path) =>
    timedAssertions(path, text(path)).map(({ title, line }) => ({ name: `${path} > ${title}`, path, line })),
  );
  expect(found.filter(({ name }) => !(name in allowed)).map(({ path, line }) => `${path}:${line}`)).toEqual(
    [],
  );
  expect([...new Set(found.map(({ name }) => name))].toSorted()).toEqual(Object.keys(allowed).toSorted());
});
