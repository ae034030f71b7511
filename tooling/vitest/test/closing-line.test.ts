import { spawnSync } from "node:child_process";

import { describe, expect, test } from "vitest";

const reporter = new URL("../closing-line.ts", import.meta.url).href;

interface Ending {
  readonly lines: readonly string[];
  readonly exitCode: number | null;
}

/** Runs some lines with a `reporter` in a process of their own: what the reporter says, it says at the process's end. */
function atTheEndOf(script: string, ci = ""): Ending {
  const prelude = `
    import ClosingLine from ${JSON.stringify(reporter)};
    const reporter = new ClosingLine();
    const test = (state, note, name = "t", flaky = false) => ({
      result: () => ({ state, note }), diagnostic: () => ({ flaky }), fullName: name, module: { relativeModuleId: "a.test.ts" },
    });
    const file = (tests, { errors = [], suites = [], state = "passed" } = {}) => ({
      relativeModuleId: "a.test.ts", errors: () => errors, state: () => state,
      children: { allTests: () => tests, allSuites: () => suites },
    });
  `;
  const { stdout, status } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", `${prelude}${script}`],
    { encoding: "utf8", env: { ...process.env, CI: ci } },
  );
  return { lines: stdout.trimEnd().split("\n"), exitCode: status };
}

test("the last line counts the passed and the failed, after whatever else is printed", () => {
  expect(
    atTheEndOf(`
      reporter.onTestRunEnd([file([test("passed"), test("passed")]), file([test("failed")])], []);
      console.log("another reporter");
    `),
  ).toEqual({ lines: ["another reporter", "failed: a.test.ts > t", "2 passed, 1 failed"], exitCode: 1 });
});

test("a failed test is named with the first line of its first error", () => {
  const { lines } = atTheEndOf(`
    const failed = { ...test("failed"), result: () => ({ state: "failed", errors: [new RangeError("too far\\nby 3"), new Error("second")] }) };
    reporter.onTestRunEnd([file([failed])], []);
  `);
  expect(lines).toEqual(["failed: a.test.ts > t: RangeError: too far", "0 passed, 1 failed"]);
});

test("all green ends with 0", () => {
  expect(atTheEndOf(`reporter.onTestRunEnd([file([test("passed")])], []);`)).toEqual({
    lines: ["1 passed, 0 failed"],
    exitCode: 0,
  });
});

test("skipped tests are named with their reasons, equal reasons once", () => {
  const { lines, exitCode } = atTheEndOf(`
    reporter.onTestRunEnd([file([
      test("passed"), test("skipped", "no Redis"), test("skipped", "no Redis"), test("skipped", undefined, "suite > t"),
    ])], []);
  `);
  expect(lines).toEqual([
    "skipped 2: no Redis",
    "skipped 1: no reason given (a.test.ts > suite > t)",
    "1 passed, 0 failed",
  ]);
  expect(exitCode).toBe(0);
});

test("in CI a skipped test is a failure, unless a filter by name left it out", () => {
  const { lines, exitCode } = atTheEndOf(
    `
      reporter.onInit({ getGlobalTestNamePattern: () => /t/ });
      reporter.onTestRunEnd([file([test("passed"), test("skipped"), test("skipped", "no Redis")])], []);
    `,
    "true",
  );
  expect(lines.slice(-2)).toEqual([
    "failed: CI skips nothing, and 1 were skipped: no Redis",
    "1 passed, 1 failed",
  ]);
  expect(exitCode).toBe(1);
});

test("tests that a filter by name left out are not named one by one", () => {
  const { lines } = atTheEndOf(`
    reporter.onInit({ getGlobalTestNamePattern: () => /t/ });
    reporter.onTestRunEnd([file([test("passed"), test("skipped"), test("skipped"), test("skipped", "no Redis")])], []);
  `);
  expect(lines).toEqual(["skipped 2: left out by -t", "skipped 1: no Redis", "1 passed, 0 failed"]);
});

test("a test that passed on its second try is named", () => {
  const { lines } = atTheEndOf(
    `reporter.onTestRunEnd([file([test("passed", undefined, "suite > t", true)])], []);`,
  );
  expect(lines).toEqual(["passed on the second try: suite > t", "1 passed, 0 failed"]);
});

describe("a failure is", () => {
  test.for([
    [
      "an unhandled error",
      `[file([test("passed")])], [new TypeError("late\\nstack")]`,
      "unhandled: TypeError: late",
      1,
    ],
    [
      "an error of a file outside of its tests",
      `[file([test("passed")], { errors: [{}] })], []`,
      "outside of a test: a.test.ts",
      1,
    ],
    [
      "an error of a suite's hook",
      `[file([test("passed")], { suites: [{ errors: () => [{}] }] })], []`,
      "outside of a test: a.test.ts",
      1,
    ],
    [
      "a file without a test",
      `[file([test("passed")]), file([], { state: "failed" })], []`,
      "no test in a.test.ts",
      1,
    ],
    ["a run without a test", `[], []`, "no test ran", 0],
    ["a run whose tests were all skipped", `[file([test("skipped", "why")])], []`, "no test ran", 0],
  ] as const)("%s", ([, run, line, passed]) => {
    const { lines, exitCode } = atTheEndOf(`reporter.onTestRunEnd(${run});`);
    expect(lines.slice(-2)).toEqual([line, `${passed} passed, 1 failed`]);
    expect(exitCode).toBe(1);
  });

  test("a test that did not come to its end", () => {
    expect(atTheEndOf(`reporter.onTestRunEnd([file([test("pending")])], []);`).lines).toEqual([
      "failed: a.test.ts > t",
      "0 passed, 1 failed",
    ]);
  });

  test("a process that ends before the run does, whatever code it ends with", () => {
    const expected = { lines: ["the test run did not come to its end", "0 passed, 1 failed"], exitCode: 1 };
    expect(atTheEndOf("")).toEqual(expected);
    expect(atTheEndOf("process.exit(0);")).toEqual(expected);
    expect(atTheEndOf("throw new Error('broken configuration');")).toEqual(expected);
  });
});

test("another exit code than 0 is kept", () => {
  expect(
    atTheEndOf(`reporter.onTestRunEnd([file([test("failed")])], []); process.exitCode = 3;`).exitCode,
  ).toBe(3);
});
