import { writeFile } from "node:fs/promises";

import { toldToEnd } from "@fleet/testkit";
import type { ToldToEnd } from "@fleet/testkit";
import { CommanderError } from "commander";

import { InvalidOptionError } from "./errors.ts";
import { parseOptions, planOf } from "./harness/options.ts";
import type { Options } from "./harness/options.ts";
import { jsonOf } from "./harness/result.ts";
import type { Result } from "./harness/result.ts";
import { runScenario } from "./harness/run-scenario.ts";
import { loadScenarios } from "./harness/scenario-list.ts";
import { aligned } from "./harness/table.ts";

const enough = toldToEnd();

const print = (line: string): void => void process.stdout.write(`${line}\n`);
/** One line that is written over; only on a terminal. */
const progress = (line: string): void =>
  void (process.stderr.isTTY && process.stderr.write(`\r\u001b[K${line}`));

async function main(options: Options): Promise<number> {
  const scenarios = await loadScenarios(options.scenarios);
  if (options.list) {
    print(aligned(scenarios.map(({ name, question }) => [`${name}  ${question}`])));
    return 0;
  }
  const results: Result[] = [];
  let failures = 0;
  for (const scenario of scenarios) {
    const plan = planOf(scenario, options);
    const run = { plan, seed: options.seed, signal: enough, print, progress };
    const { result, failed } = await runScenario(scenario, run);
    results.push(result);
    failures += failed;
    // After each scenario, so that a long run that is stopped leaves what it has found out.
    if (options.json !== undefined) await writeFile(options.json, jsonOf(results));
  }
  return failures === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof InvalidOptionError) {
    console.error(error.message);
    process.exitCode = 2;
  } else if (enough.aborted) {
    const { message, exitCode } = enough.reason as ToldToEnd;
    console.error(`\n${message}`);
    process.exitCode = exitCode;
  } else throw error;
}
