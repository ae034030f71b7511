import { writeFile } from "node:fs/promises";

import { CommanderError } from "commander";

import { InvalidOptionError } from "./errors.ts";
import { parseOptions, planOf } from "./options.ts";
import type { Options } from "./options.ts";
import { jsonOf } from "./result.ts";
import type { Result } from "./result.ts";
import { runScenario } from "./run-scenario.ts";
import { loadScenarios } from "./scenario-list.ts";
import { aligned } from "./table.ts";

const enough = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // Asked twice, it does not wait for what it has started.
    if (enough.signal.aborted) process.exit(130);
    enough.abort(new Error(`stopped by ${name}`));
  });
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
/** One line that is written over; only where somebody watches. */
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
    const run = { plan, seed: options.seed, signal: enough.signal, print, progress };
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
  } else if (enough.signal.aborted) {
    console.error(`\n${(enough.signal.reason as Error).message}`);
    process.exitCode = 130;
  } else throw error;
}
