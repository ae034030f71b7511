import { Command } from "commander";

import { InvalidOptionError } from "../errors.ts";
import type { Plan } from "./scenario.ts";

/** What was asked for on the command line. */
export interface Options {
  /** Empty for all. */
  readonly scenarios: readonly string[];
  readonly quick: boolean;
  readonly list: boolean;
  readonly seed: number;
  /** Where the figures go as JSON. */
  readonly json?: string;
  /** In place of what the scenario's plan says. */
  readonly rounds?: number;
  readonly roundMs?: number;
}

/** Reads the arguments behind the script's name. @throws InvalidOptionError, or commander's own error with its exit code. */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command("bench")
    .description(
      "Fleet against its peers, in one run. Read the ratios: figures of one machine say little about another.",
    )
    .argument("[scenario...]", "which scenarios to run; all, if none is named")
    .option("--quick", "short rounds, to have a look", false)
    .option("--json <file>", "write the figures there: one scenario as an object, several as a list")
    .option("--seed <n>", "seed of keys and of who begins", positive("--seed", 0), 1)
    .option("--list", "say which scenarios there are", false)
    .option("--rounds <n>", "how many rounds count, in place of the scenario's plan", positive("--rounds", 1))
    .option("--round-ms <ms>", "how long a round is for each contestant", positive("--round-ms", 1))
    .exitOverride();
  // Package managers differ in whether they pass their own separator on.
  command.parse(args[0] === "--" ? args.slice(1) : args, { from: "user" });
  return { ...command.opts<Omit<Options, "scenarios">>(), scenarios: command.args };
}

/** The scenario's plan with what the command line says in its place. */
export function planOf(scenario: { readonly full: Plan; readonly quick: Plan }, options: Options): Plan {
  const plan = options.quick ? scenario.quick : scenario.full;
  return { ...plan, rounds: options.rounds ?? plan.rounds, roundMs: options.roundMs ?? plan.roundMs };
}

function positive(option: string, least: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidOptionError(`${option} is a whole number from ${least} on, not ${JSON.stringify(text)}`);
  };
}
