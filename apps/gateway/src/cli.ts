import { addFlags, flagsIn } from "@fleet/settings";
import type { Flags } from "@fleet/settings";
import { Command, CommanderError } from "commander";

import { settings } from "./config/config-schema.ts";

/** Where the configuration is. */
interface Given {
  readonly file: string | undefined;
  /** By the path of the setting: `--listen-port` is `listen.port`. */
  readonly flags: Flags;
}

/** What the command line asks for. */
export type Action =
  | ({ readonly run: "serve" | "print-config" } & Given)
  | ({ readonly run: "discover"; readonly json: boolean; readonly dials?: false } & Given)
  | { readonly run: "digest" }
  | { readonly run: "token-create"; readonly json: boolean }
  | { readonly run: "exit"; readonly code: number };

export interface Screen {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

type Options = Readonly<Record<string, string | boolean>>;

/** Reads the command line. Help, version and faults are written to the screen; flags alone never start a server. */
export function parseCommandLine(args: readonly string[], version: string, screen: Screen): Action {
  let action: Action | undefined;
  const program = new Command("fleet-gateway")
    .description(
      "HTTP in front of a fleet of Redis instances. Flags win over the environment, that over the file.",
    )
    .version(version)
    .option("--print-config", "print the configuration as it counts, with the source of each value, and exit")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: screen.out, writeErr: screen.error });
  configured(program).action((options: Options) => {
    action = { run: options["printConfig"] === true ? "print-config" : "serve", ...givenIn(options) };
  });
  const discover = program
    .command("discover")
    .description(
      "print what would be found, which of it answers, what was skipped and which rights are missing; 1 if something is",
    )
    .option("--no-dial", "without a connection to any Redis")
    .option("--json", "the same for a program");
  configured(discover).action((options: Options) => {
    const dials = options["dial"] === false && ({ dials: false } as const);
    action = { run: "discover", json: options["json"] === true, ...dials, ...givenIn(options) };
  });
  program
    .command("digest")
    .description("print the SHA-256 of the token on standard input, as the configuration wants it")
    .action(() => {
      action = { run: "digest" };
    });
  program
    .command("token")
    .description("tokens, by which the gateway knows its callers")
    .command("create")
    .description("make a token and print it with its digest; the configuration gets the digest only")
    .option("--json", "the same for a program")
    .action((options: Options) => {
      action = { run: "token-create", json: options["json"] === true };
    });
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { run: "exit", code: error.exitCode === 0 ? 0 : 2 };
  }
  return action!;
}

function configured(command: Command): Command {
  command
    .option("--config <file>", "YAML or JSON file with the configuration (FLEET_CONFIG)")
    .allowExcessArguments(false);
  addFlags(command, settings);
  return command;
}

function givenIn(options: Options): Given {
  return { file: options["config"] as string | undefined, flags: flagsIn(options, settings) };
}
