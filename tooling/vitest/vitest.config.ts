import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("../..", import.meta.url));
const everywhere = (pattern: string): string[] =>
  ["packages", "apps", "tooling"].map((room) => `${room}/*/test/**/*${pattern}`);
const testkit = (file: string): string =>
  fileURLToPath(new URL(`../testkit/src/vitest/${file}`, import.meta.url));
// Node gets them too, and hands them on to `require`: "import" among them would break packages that are both.
const source = ["@fleet/source", "node"];

const needsApiServer = everywhere("kubernetes.integration.test.ts");
const realServers = {
  maxWorkers: 2,
  // Real servers and real signals on a shared machine: a second try is granted, and named in the closing lines.
  retry: process.env["CI"] === undefined ? 0 : 1,
  globalSetup: testkit("global-setup.ts"),
  runner: testkit("runner.ts"),
};

/**
 * Five kinds of tests: `unit` needs nothing, `integration` needs a real redis-server, `kubernetes` an API server beside it, `types`
 * runs nothing; `e2e` needs a whole cluster and runs only when it is asked for.
 */
export default defineConfig({
  root,
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source } },
  test: {
    reporters: ["default", fileURLToPath(new URL("closing-line.ts", import.meta.url))],
    // Against hanging only: a machine that is busy with other things is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A test that asserts nothing cannot fail.
    expect: { requireAssertions: true },
    projects: [
      {
        extends: true,
        test: { name: "unit", include: everywhere(".test.ts"), exclude: everywhere(".integration.test.ts") },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: everywhere(".integration.test.ts"),
          exclude: needsApiServer,
          ...realServers,
        },
      },
      { extends: true, test: { name: "kubernetes", include: needsApiServer, ...realServers } },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["apps/*/e2e/**/*.e2e.test.ts"],
          fileParallelism: false,
          sequence: { concurrent: false },
        },
      },
      {
        extends: true,
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: everywhere(".test-d.ts"),
            tsconfig: `${root}/tsconfig.json`,
          },
        },
      },
    ],
  },
});
