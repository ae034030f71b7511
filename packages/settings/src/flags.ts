import { type Command, Option } from "commander";

import type { Flags } from "./layers.ts";
import type { Setting } from "./setting.ts";

/** Gives a command the flags of settings. A switch has its opposite too, for what a file turns on. */
export function addFlags(command: Command, settings: readonly Setting[]): void {
  for (const { flag, env, aliases, description, kind, path } of settings) {
    if (flag === undefined) continue;
    const option = new Option(flag, `${description} (${[env, ...aliases].join(", ")})`);
    const [section, ...rest] = path.split(".");
    command.addOption(rest.length === 0 ? option : option.helpGroup(`${section}:`));
    if (kind === "boolean") command.addOption(new Option(flag.replace("--", "--no-")).hideHelp());
  }
}

/** What a command line said, by the path of the setting. */
export function flagsIn(options: Readonly<Record<string, unknown>>, settings: readonly Setting[]): Flags {
  const flags: Record<string, string | boolean> = {};
  for (const { path, flag } of settings) {
    if (flag === undefined) continue;
    const value = options[new Option(flag).attributeName()];
    if (typeof value === "string" || typeof value === "boolean") flags[path] = value;
  }
  return flags;
}
