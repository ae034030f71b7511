import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Prints why tests were skipped and, as the very last line, `N passed, N failed`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      if (module.errors().length > 0 || (tests.length === 0 && module.state() === "failed"))
        count.failed += 1;
      for (const test of tests) {
        const result = test.result();
        count[result.state] += 1;
        if (result.state === "skipped") {
          const why = result.note ?? skippedWithoutReason(test);
          reasons.set(why, (reasons.get(why) ?? 0) + 1);
        }
      }
    }
    // Left to the event loop's exit so that no other reporter can print after it.
    process.once("exit", () => {
      for (const [why, times] of reasons) process.stdout.write(`skipped ${times}: ${why}\n`);
      process.stdout.write(`${count.passed} passed, ${count.failed + count.pending} failed\n`);
    });
  }
}

function skippedWithoutReason(test: TestCase): string {
  return `no reason given (${test.module.relativeModuleId} > ${test.fullName})`;
}
