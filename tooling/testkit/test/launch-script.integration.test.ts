import { expect, test } from "vitest";

import { eventually, launchScript } from "../src/index.ts";

const start = ["start", "--", "--port", "0", "--admin-port", "0"];

test.for<readonly [readonly string[], NodeJS.Signals, string, string]>([
  [start, "SIGTERM", "npx", "apps/gateway/local/start.ts"],
  [start, "SIGKILL", "npx", "apps/gateway/local/start.ts"],
  [start, "SIGTERM", "pnpm", "apps/gateway/local/start.ts"],
  [start, "SIGKILL", "pnpm", "apps/gateway/local/start.ts"],
  [["worker:demo"], "SIGTERM", "npx", "apps/worker/local/demo.ts"],
  [["worker:demo"], "SIGKILL", "npx", "apps/worker/local/demo.ts"],
  [["bench", "shared-lane", "--quick"], "SIGTERM", "npx", "apps/bench/src/main.ts"],
])("%j leaves nothing behind a %s to its %s", { timeout: 120_000 }, async ([args, signal, to, program]) => {
  await using launched = launchScript(args);
  await eventually(
    () => {
      const [main] = launched.find(program);
      expect(launched.find().map(({ parent }) => parent)).toContain(main?.pid);
    },
    { timeoutMs: 60_000 },
  );
  process.kill(to === "npx" ? launched.pid : launched.find(to)[0]!.pid, signal);
  await launched.ended;
  await eventually(() => expect(launched.left()).toEqual([]), { timeoutMs: 30_000 });
});
