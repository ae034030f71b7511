import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import config from "../vitest.config.ts";

const entry = fileURLToPath(new URL("../test.ts", import.meta.url));

function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): readonly [lastLine: string, code: number | null, errors: string, output: string] {
  // A run inside of a run must not take itself for a worker of the outer one, and is not what CI is about.
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|TEST$|CI$)/.test(name)),
  );
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--conditions=@fleet/source", entry, ...args],
    {
      encoding: "utf8",
      env: { ...clean, ...env },
    },
  );
  return [stdout.trimEnd().split("\n").at(-1)!, status, stderr, stdout];
}

test("filters and flags are vitest's own; what they leave is run and counted", () => {
  const [line, code] = run([
    "--project",
    "unit",
    "tooling/vitest/test/server-option",
    "-t",
    "need not be there",
  ]);
  expect([line, code]).toEqual(["1 passed, 0 failed", 0]);
});

test.for(["--help", "-h"])("%s says how to call it, and runs nothing", (flag) => {
  const [, code, errors, output] = run([flag]);
  expect([code, errors]).toEqual([0, ""]);
  expect(output).toMatch(/^pnpm test \[--server /);
  expect(output).not.toContain("passed");
});

test("a filter that matches no file is said so: nothing failed, and nothing passed", () => {
  const [line, code, , output] = run(["--project", "unit", "no-such-file-anywhere", "nor-this"]);
  expect([line, code]).toEqual(["0 passed, 0 failed", 1]);
  expect(output).toMatch(/^no test matches no-such-file-anywhere, nor-this$/m);
});

test("a server that is not there is a failure that says what is missing", () => {
  const [line, code, errors] = run(["--server", "redis8"], { FLEET_TEST_REDIS_8: "" });
  expect([line, code]).toEqual(["0 passed, 1 failed", 1]);
  expect(errors).toContain("--server redis8: FLEET_TEST_REDIS_8 is not set");
});

test("without a Redis the integration tests are skipped with the reason, which is not a success either", () => {
  const [line, code] = run(["--project", "integration", "tooling/testkit/test/start-redis"], {
    PATH: "/nonexistent",
    XDG_CACHE_HOME: "/nonexistent",
    DOCKER_HOST: "unix:///nonexistent",
    FLEET_REDIS_SERVER: "",
  });
  expect([line, code]).toEqual(["0 passed, 1 failed", 1]);
});

test("without an API server the tests that need one are skipped with the reason", () => {
  const [line, , , output] = run(["--project", "kubernetes", "tooling/testkit/test/kubernetes"], {
    KUBEBUILDER_ASSETS: "",
  });
  expect(output).toMatch(/^skipped \d+: KUBEBUILDER_ASSETS is not set/m);
  expect(line).toBe("0 passed, 1 failed");
});

test("in CI what is skipped for want of something is a failure", () => {
  const [line, code, , output] = run(["--project", "kubernetes", "tooling/testkit/test/kubernetes"], {
    KUBEBUILDER_ASSETS: "",
    CI: "true",
  });
  expect(output).toMatch(/^failed: CI skips nothing, and \d+ were skipped: KUBEBUILDER_ASSETS is not set/m);
  expect([line, code]).toEqual(["0 passed, 2 failed", 1]);
});

test("each project refuses a test that asserts nothing", () => {
  expect(config.test?.expect?.requireAssertions).toBe(true);
  expect(config.test?.projects?.length).toBeGreaterThan(0);
  for (const project of config.test?.projects ?? []) {
    expect(project).toMatchObject({ extends: true });
    expect(project).not.toHaveProperty("test.expect");
  }
});
