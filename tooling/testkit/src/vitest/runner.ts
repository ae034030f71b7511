import { TestRunner } from "vitest";
import type { RunnerTask, RunnerTestSuite } from "vitest";

import { redisAvailable } from "../redis-available.ts";

/** Where there is no Redis, skips each test with the reason and runs no hook; else vitest's own runner. */
// oxlint-disable-next-line import/no-default-export -- vitest loads a runner by its default export
export default class RedisRunner extends TestRunner {
  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    if (redisAvailable() !== undefined)
      for (const hooks of Object.values(TestRunner.getSuiteHooks(suite))) (hooks as unknown[]).length = 0;
    await super.onBeforeRunSuite(suite);
  }

  override async onBeforeRunTask(test: RunnerTask): Promise<void> {
    const reason = redisAvailable();
    if (reason !== undefined && test.mode === "run") {
      test.mode = "skip";
      // As ctx.skip(reason) leaves it; the note is missing in vitest's published type only.
      test.result = { state: "skip", note: reason } as NonNullable<RunnerTask["result"]>;
    }
    await super.onBeforeRunTask(test);
  }
}
