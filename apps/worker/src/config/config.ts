import { printSettings } from "@fleet/settings";
import type { Environment, Flags, Loaded } from "@fleet/settings";

import { type Config, settings, workerSettings } from "./config-schema.ts";
import { contradictions } from "./contradictions.ts";

export type LoadedConfig = Loaded<Config>;

interface LoadOptions {
  /** @default the file that FLEET_WORKER_CONFIG names, or none */
  readonly file?: string | undefined;
  readonly flags?: Flags;
  readonly environment: Environment;
}

/**
 * Puts the configuration together and checks it as a whole.
 *
 * @throws ConfigurationError with every fault.
 */
export async function loadConfig(given: LoadOptions): Promise<LoadedConfig> {
  return workerSettings.load({
    ...given,
    check: ({ config, sources, isFaulty }) =>
      contradictions(config, sources).filter((fault) => !isFaulty(/^[A-Za-z.]*/.exec(fault)![0])),
  });
}

/** The configuration as it counts, each value with where it came from; secrets are masked. */
export const printConfig = (loaded: LoadedConfig): string => printSettings(settings, loaded);
