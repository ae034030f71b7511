import { access, constants, readFile } from "node:fs/promises";

import { combinationFaults } from "@fleet/client";
import { printSettings } from "@fleet/settings";
import type { Environment, Flags, Loaded } from "@fleet/settings";

import { completed, type Config, gatewaySettings, settings } from "./config/config-schema.ts";
import { besideRedisUrl, contradictions, namesIn } from "./config/contradictions.ts";
import { fleetOptionsIn } from "./config/fleet-schema.ts";
import { discoveryFaults } from "./sources/discovery-faults.ts";

export type LoadedConfig = Loaded<Config>;

interface LoadOptions {
  /** @default the file that FLEET_CONFIG names, or none */
  readonly file?: string | undefined;
  readonly flags?: Flags;
  readonly environment: Environment;
  /** Whether it is for a gateway, which has tokens. @default true */
  readonly serves?: boolean;
}

/**
 * Puts the configuration together and checks it as a whole.
 *
 * @throws ConfigurationError with every fault.
 */
export async function loadConfig({ serves = true, ...given }: LoadOptions): Promise<LoadedConfig> {
  const loaded = await gatewaySettings.load({
    ...given,
    referenced: ({ instancesFile }) => referencesIn(instancesFile),
    check: async ({ config, sources, isFaulty }) => {
      const isKnown = (fault: string): boolean => isFaulty(/^[A-Za-z.]*/.exec(fault)![0]);
      const found = await discoveryFaults(config, given.environment);
      const names = found.length === 0 && !isFaulty("instances") ? namesIn(config) : new Set<string>();
      const ours = serves ? contradictions(config, names) : [];
      const misfits = await combinationFaults(fleetOptionsIn(config));
      const beside = besideRedisUrl(config, sources);
      return [...found, ...beside, ...misfits, ...ours, ...(await unreadable(config))].filter(
        (fault) => !isKnown(fault),
      );
    },
  });
  return { ...loaded, config: completed(loaded.config) };
}

/** The configuration as it counts, each value with where it came from. Digests are masked; a reference to a secret is none. */
export const printConfig = (loaded: LoadedConfig): string => printSettings(settings, loaded);

/** Variables that the instances in a file refer to; a file that cannot be read is a fault of its own. */
async function referencesIn(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  const text = await readFile(path, "utf8").catch(() => "");
  return [...text.matchAll(/\benv:([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name]) => name!);
}

async function unreadable({ instancesFile }: Config): Promise<string[]> {
  if (instancesFile === undefined) return [];
  try {
    await access(instancesFile, constants.R_OK);
    return [];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown reason";
    return [`instancesFile: ${instancesFile} cannot be read (${code})`];
  }
}
