import { Command, CommanderError } from "commander";

import { settings } from "./config-schema.ts";

/** What the command line asks for. */
export type Action =
  | {
      readonly run: "serve" | "print-config";
      readonly file: string | undefined;
      readonly flags: Readonly<Record<string, string>>;
    }
  | { readonly run: "digest" }
  | { readonly run: "exit"; readonly code: number };

export interface Screen {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** Reads the command line. Help, version and faults are written to the screen; flags alone never start a server. */
export function parseCommandLine(args: readonly string[], version: string, screen: Screen): Action {
  let action: Action | undefined;
  const program = new Command("fleet-gateway")
    .description(
      "HTTP in front of a fleet of Redis instances. Flags win over the environment, that over the file.",
    )
    .version(version)
    .option("--config <file>", "YAML or JSON file with the configuration (FLEET_CONFIG)")
    .option("--print-config", "print the configuration as it counts, with the source of each value, and exit")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: screen.out, writeErr: screen.error });
  for (const { flag, env, description } of settings)
    if (flag !== undefined) program.option(flag, `${description} (${env})`);
  program.action((options: Readonly<Record<string, string | boolean>>) => {
    action = {
      run: options["printConfig"] === true ? "print-config" : "serve",
      file: options["config"] as string | undefined,
      flags: flagsOf(options),
    };
  });
  program
    .command("digest")
    .description("print the SHA-256 of the token on standard input, as the configuration wants it")
    .action(() => {
      action = { run: "digest" };
    });
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { run: "exit", code: error.exitCode === 0 ? 0 : 2 };
  }
  return action!;
}

/** By path: `--listen-port` is `listen.port`. */
function flagsOf(options: Readonly<Record<string, string | boolean>>): Readonly<Record<string, string>> {
  const flags: Record<string, string> = {};
  for (const { path, flag } of settings) {
    const key = flag
      ?.split(" ")[0]!
      .slice(2)
      .replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
    const value = key === undefined ? undefined : options[key];
    if (typeof value === "string") flags[path] = value;
  }
  return flags;
}
