import { addFlags, flagsIn } from "@fleet/settings";
import type { Flags } from "@fleet/settings";
import { Command, CommanderError } from "commander";

import type { TokenAction } from "./access/token-commands.ts";
import { aclCommands } from "./acl/acl-commands.ts";
import type { AclAction } from "./acl/acl-commands.ts";
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
  | TokenAction
  | (AclAction & Given)
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
  tokenCommands(program, (chosen) => (action = chosen));
  aclCommands(program, configured, (chosen, options) => (action = { ...chosen, ...givenIn(options) }));
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { run: "exit", code: error.exitCode === 0 ? 0 : 2 };
  }
  return action!;
}

/** `token create | list | revoke` */
function tokenCommands(program: Command, choose: (action: TokenAction) => void): void {
  const tokens = program.command("token").description("tokens, by which the gateway knows its callers");
  const file = ["--config <file>", "the configuration file (FLEET_CONFIG)"] as const;
  const fileIn = (options: Options): string | undefined => options["config"] as string | undefined;
  tokens
    .command("create")
    .description("make a token and print it once; the configuration gets the digest only")
    .option("--name <name>", "make an entry for the configuration too, and add it to the file of --config")
    .option("--rights <rights>", "full, read-only or admin")
    .option("--targets <a,b>", 'instances and groups, or "*"')
    .option("--default-target <name>", "where requests at the root go")
    .option("--project <id>", "the project whose keys it sees")
    .option("--dedicated", "it owns its targets and sees all keys")
    .option("--allows <a,b>", "more reads for a read-only token: scripts, keyspace, heavy, server")
    .option("--config <file>", "the configuration file to add it to")
    .option("--json", "the same for a program")
    .allowExcessArguments(false)
    .action((options: Options) => {
      const { json, config, targets, allows, ...rest } = options;
      const entry = {
        ...rest,
        ...(typeof targets === "string" && { targets: targets === "*" ? targets : targets.split(",") }),
        ...(typeof allows === "string" && { allows: allows.split(",") }),
      };
      choose({
        run: "token-create",
        json: json === true,
        entry: entry as Extract<TokenAction, { run: "token-create" }>["entry"],
        file: config as string | undefined,
      });
    });
  tokens
    .command("list")
    .description("print the tokens of the configuration, without their digests")
    .option(...file)
    .option("--json", "the same for a program")
    .allowExcessArguments(false)
    .action((options: Options) => {
      choose({ run: "token-list", json: options["json"] === true, file: fileIn(options) });
    });
  tokens
    .command("revoke <name>")
    .description("take a token out of the configuration file; a running gateway notices")
    .option(...file)
    .allowExcessArguments(false)
    .action((name: string, options: Options) => {
      choose({ run: "token-revoke", name, file: fileIn(options) });
    });
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
