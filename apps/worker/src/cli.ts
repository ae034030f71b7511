import { addFlags, flagsIn } from "@fleet/settings";
import type { Flags } from "@fleet/settings";
import { Command, CommanderError, Option } from "commander";

import { settings } from "./config/config-schema.ts";

/** Where the configuration is. */
interface Given {
  readonly file: string | undefined;
  /** By the name of the setting: `--hub-url` is `hubUrl`. */
  readonly flags: Flags;
}

/** A question or an order about a run, which needs no worker. */
export type Question = Given & { readonly json: boolean } & (
    | { readonly run: "status" | "pause" | "resume" | "verify" | "purge-run" }
    | { readonly run: "retry" | "purge-dead"; readonly ids: readonly string[] }
    | { readonly run: "inspect"; readonly id: string | undefined }
  );

/** What the command line asks for. */
export type Action =
  | Question
  | (Given & { readonly run: "start" | "dry-run" | "print-config"; readonly json: boolean })
  | { readonly run: "exit"; readonly code: number };

export interface Screen {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

type Options = Readonly<Record<string, string | boolean | undefined>>;

/** Reads the command line. Help, version and faults are written to the screen. */
export function parseCommandLine(args: readonly string[], version: string, screen: Screen): Action {
  let action: Action = { run: "exit", code: 2 };
  const program = new Command("fleet-worker")
    .description(
      "Runs a backfill: ids from a range, a list or a stream, fetched from a hub, written to a sink.",
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: screen.out, writeErr: screen.error });
  const command = (usage: string, description: string, scopes: readonly string[]): Command =>
    configured(program.command(usage).description(description), scopes);

  command("start", "work until the run is complete; the first worker of a name creates the run", [
    "start",
    "run",
    "sink",
  ])
    .option("--dry-run", "show what would be done: fetch a few ids, write and claim nothing")
    .option("--print-config", "print the configuration as it counts, with the source of each value, and exit")
    .action((options: Options) => {
      const run =
        options["printConfig"] === true ? "print-config" : options["dryRun"] === true ? "dry-run" : "start";
      action = { run, ...givenIn(options) };
    });
  for (const [run, description] of [
    ["status", "the run, its workers, rates and dead letters"],
    ["pause", "workers claim nothing more until `resume`; what is under way finishes"],
    ["resume", "end a pause"],
  ] as const)
    command(run, description, ["run"]).action((options: Options) => {
      action = { run, ...givenIn(options) };
    });
  command("retry", "give dead letters a new start: these ids, or all", ["run"])
    .argument("[ids...]")
    .action((ids: readonly string[], options: Options) => {
      action = { run: "retry", ids, ...givenIn(options) };
    });
  command("inspect", "what is known about an id; without one, the dead letters", ["run"])
    .argument("[id]")
    .action((id: string | undefined, options: Options) => {
      action = { run: "inspect", id, ...givenIn(options) };
    });
  command("verify", "compare the run with the sink; 3 when they differ", ["run", "sink"]).action(
    (options: Options) => {
      action = { run: "verify", ...givenIn(options) };
    },
  );
  const purge = command("purge", "forget dead letters (these ids, or all), or the whole run", ["run"])
    .argument("[ids...]")
    .addOption(new Option("--dead", "the dead letters").conflicts("run"))
    .option("--run", "the run with all that is known of it; the sink stays as it is")
    .action((ids: readonly string[], options: Options) => {
      if (options["dead"] === true) action = { run: "purge-dead", ids, ...givenIn(options) };
      else if (options["run"] === true && ids.length === 0)
        action = { run: "purge-run", ...givenIn(options) };
      else purge.error("error: say --dead [ids...], or --run");
    });
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { run: "exit", code: error.exitCode === 0 ? 0 : 2 };
  }
  return action;
}

function configured(command: Command, scopes: readonly string[]): Command {
  command
    .option("--config <file>", "YAML or JSON file with the configuration (FLEET_WORKER_CONFIG)")
    .option("--json", "for a program: JSON, one value a line")
    .allowExcessArguments(false)
    .exitOverride();
  addFlags(
    command,
    settings.filter(({ scope }) => scope === undefined || scopes.includes(scope)),
  );
  return command;
}

function givenIn(options: Options): Given & { readonly json: boolean } {
  const file = options["config"] as string | undefined;
  return { file, flags: flagsIn(options, settings), json: options["json"] === true };
}
