import { doubts } from "./doubts.ts";
import { machineFacts, packageVersions } from "./machine.ts";
import { plainRatios, ratiosOf, rowsOf } from "./result.ts";
import type { Result } from "./result.ts";
import { runRounds } from "./rounds.ts";
import type { Plan, Scenario } from "./scenario.ts";
import { tableOf } from "./table.ts";

export interface RunOptions {
  readonly plan: Plan;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  readonly progress: (line: string) => void;
}

/** Runs one scenario from start to stop, prints its tables and answers what belongs into the JSON, and which contestants failed. */
export async function runScenario(
  scenario: Scenario,
  { plan, seed, signal, print, progress }: RunOptions,
): Promise<{ readonly result: Result; readonly failed: number }> {
  await using opened = new AsyncDisposableStack();
  const before = machineFacts();
  print(`${scenario.name}: ${scenario.question}`);
  progress("starting");
  const field = await scenario.prepare({ plan, seed, signal, opened });
  const versions = { node: process.versions.node, ...field.versions, ...packageVersions(field.packages) };
  const machine = { ...before, ...field.setup };
  print(`machine: ${listed(machine)}`);
  print(`versions: ${listed(versions)}`);
  print(`${plan.rounds} rounds of ${plan.roundMs} ms each after a warm-up round; seed ${seed}`);
  for (const note of field.notes) print(`note: ${note}`);

  const measured = await runRounds(field.contestants, {
    ...plan,
    seed,
    signal,
    progress: (round, name) =>
      progress(round === 0 ? `warm-up: ${name}` : `round ${round} of ${plan.rounds}: ${name}`),
  });
  progress("");
  const rows = rowsOf(measured);
  const ratios = ratiosOf(measured, field.comparisons);
  for (const comparison of field.comparisons) print(`\n${tableOf(comparison, rows, ratios)}`);
  for (const doubt of doubts(rows, ratios)) print(`\nDOUBT ${doubt}`);
  for (const [name, reason] of measured.failures) print(`\nFAILED ${name}: ${reason}`);
  print("");
  return {
    result: { scenario: scenario.name, machine, versions, seed, rows, ratios: plainRatios(ratios) },
    failed: measured.failures.size,
  };
}

function listed(facts: Readonly<Record<string, string | number>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
