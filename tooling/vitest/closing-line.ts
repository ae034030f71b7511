import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";

const leftOut = "left out by -t";

/**
 * Prints why tests were skipped, which failed or needed a second try and, as the very last line, `N passed, N failed`; the exit
 * code says the same. Where `CI` is set, a test that was skipped for want of something is a failure: what CI expects may not be
 * missing silently.
 */
// oxlint-disable-next-line import/no-default-export -- vitest loads a reporter by its default export
export default class ClosingLine implements Reporter {
  #passed = 0;
  /** Until a run has ended, it has failed. */
  #problems: readonly string[] = ["the test run did not come to its end"];
  readonly #failures: string[] = [];
  readonly #skipped = new Map<string, number>();
  readonly #flaky: string[] = [];

  readonly #isStrict = (process.env["CI"] ?? "") !== "";
  readonly #filters: readonly string[];
  #isFiltered = false;
  #isEmpty = false;

  /** @param filters of files, as they were asked for. */
  constructor(filters: readonly string[] = []) {
    this.#filters = filters;
    // Left to the process's exit, so that no other reporter can print after it.
    process.once("exit", () => this.#print());
  }

  onInit(vitest: Pick<Vitest, "getGlobalTestNamePattern">): void {
    this.#isFiltered = vitest.getGlobalTestNamePattern() !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    this.#passed = 0;
    this.#failures.length = 0;
    this.#skipped.clear();
    // A test that does not exist cannot fail.
    this.#isEmpty = modules.length === 0 && errors.length === 0 && this.#filters.length > 0;
    this.#flaky.length = 0;
    const problems: string[] = [];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) this.#count(test);
      // A file that cannot be loaded, a hook of a suite that throws: red, though no test of its own says so.
      const suites = [module, ...module.children.allSuites()];
      for (const suite of suites)
        if (suite.errors().length > 0) problems.push(`outside of a test: ${module.relativeModuleId}`);
      if (tests.length === 0 && module.errors().length === 0 && module.state() === "failed")
        problems.push(`no test in ${module.relativeModuleId}`);
    }
    if (errors.length > 0) problems.push(...errors.map((error) => `unhandled: ${messageOf(error)}`));
    if (this.#passed + this.#failures.length + problems.length === 0 && !this.#isEmpty)
      problems.push("no test ran");
    if (this.#isStrict)
      for (const [why, times] of this.#skipped)
        if (why !== leftOut) problems.push(`failed: CI skips nothing, and ${times} were skipped: ${why}`);
    this.#problems = problems;
  }

  #count(test: TestCase): void {
    const result = test.result();
    const name = `${test.module.relativeModuleId} > ${test.fullName}`;
    if (test.diagnostic()?.flaky === true) this.#flaky.push(test.fullName);
    if (result.state === "passed") this.#passed += 1;
    else if (result.state === "skipped") {
      const why = result.note ?? (this.#isFiltered ? leftOut : `no reason given (${name})`);
      this.#skipped.set(why, (this.#skipped.get(why) ?? 0) + 1);
    } else this.#failures.push([name, ...(result.errors ?? []).slice(0, 1).map(messageOf)].join(": "));
  }

  #print(): void {
    const failed = this.#failures.length + this.#problems.length;
    const lines = [
      ...[...this.#skipped].map(([why, times]) => `skipped ${times}: ${why}`),
      ...this.#flaky.map((name) => `passed on the second try: ${name}`),
      ...this.#failures.map((name) => `failed: ${name}`),
      ...this.#problems,
      ...(this.#isEmpty ? [`no test matches ${this.#filters.join(", ")}`] : []),
      `${this.#passed} passed, ${failed} failed`,
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
    if (failed > 0 || this.#isEmpty) process.exitCode ||= 1;
  }
}

function messageOf(error: unknown): string {
  const { name, message } = error as { name?: string; message?: string };
  return `${name ?? "Error"}: ${message ?? String(error)}`.split("\n")[0]!;
}
