import { TestRunner } from "vitest";
import type { RunnerTask, RunnerTestSuite } from "vitest";

import { kubernetesAvailable } from "../kubernetes/kubernetes-available.ts";
import { redisAvailable } from "../redis-available.ts";

const kubernetesFile = /[./\\]kubernetes\.integration\.test\.ts$/;

/** Why the tests of a file cannot run here. */
function missingFor(file: string): string | undefined {
  return redisAvailable() ?? (kubernetesFile.test(file) ? kubernetesAvailable() : undefined);
}

/**
 * Where there is no Redis, or no API server for a file that ends in `kubernetes.integration.test.ts`, skips each test with
 * the reason and runs no hook; else vitest's own runner.
 */
// oxlint-disable-next-line import/no-default-export -- vitest loads a runner by its default export
export default class IntegrationRunner extends TestRunner {
  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    if (missingFor(suite.file.filepath) !== undefined)
      for (const hooks of Object.values(TestRunner.getSuiteHooks(suite))) (hooks as unknown[]).length = 0;
    await super.onBeforeRunSuite(suite);
  }

  override async onBeforeRunTask(test: RunnerTask): Promise<void> {
    const reason = missingFor(test.file.filepath);
    if (reason !== undefined && test.mode === "run") {
      test.mode = "skip";
      // As ctx.skip(reason) leaves it; the note is missing in vitest's published type only.
      test.result = { state: "skip", note: reason } as NonNullable<RunnerTask["result"]>;
    }
    await super.onBeforeRunTask(test);
  }
}
