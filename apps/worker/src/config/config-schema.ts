import { credentialShaped, gatewayVariable, setting, Settings, text, toolVariable } from "@fleet/settings";
import type { Alias, Preset, Setting } from "@fleet/settings";
import { z } from "zod";

import { ConfigurationError } from "../errors.ts";
import { type HubConfig, hubSettings } from "./hub-schema.ts";
import { type ProcessConfig, processSettings } from "./process-schema.ts";
import { type RedisConfig, redisSettings } from "./redis-schema.ts";
import { type SinkConfig, sinkSettings } from "./sink-schema.ts";
import { type SourceConfig, sourceSettings } from "./source-schema.ts";
import { type WorkConfig, workSettings } from "./work-schema.ts";

/** The configuration as it counts: flat, each name the same in the file, the environment and the flags. */
export interface Config extends RedisConfig, SourceConfig, HubConfig, SinkConfig, WorkConfig, ProcessConfig {
  readonly preset?: PresetName | undefined;
  readonly name: string;
  readonly job?: string | undefined;
}

type PresetName = "development" | "production" | "high-availability";

/** Values by the path of their setting; whatever is set is stronger. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  development: { hubConcurrency: 3, requestsPerSecond: 5 },
  production: { hubConcurrency: 10, requestsPerSecond: 20 },
  "high-availability": { hubConcurrency: 10, requestsPerSecond: 20, attempts: 11 },
};

/** In the order of the file. */
const schema = z.strictObject({
  preset: setting(z.enum(["development", "production", "high-availability"]).optional(), {
    description:
      "development (hub 3, 5 a second), production (hub 10, 20 a second) or high-availability (that, and 10 retries)",
    kind: "text",
    takes: "<preset>",
    scope: "start",
  }),
  name: setting(text.default("backfill"), {
    description: "names the run: workers of the same name share its work",
    kind: "text",
    takes: "<name>",
    scope: "run",
  }),
  ...redisSettings,
  ...sourceSettings,
  job: setting(text.optional(), {
    description: "a module of yours that exports `fetch`, `write` or both, see below",
    kind: "path",
    takes: "<module>",
    scope: "sink",
  }),
  ...hubSettings,
  ...sinkSettings,
  ...workSettings,
  ...processSettings,
});

/** What other programs call the same. */
const aliases: readonly Alias[] = [
  { variable: "MAX_FID", expected: "the last id", means: { range: (last) => `1..${last}` } },
  { variable: "FIDS", expected: "ids with commas between", means: { ids: listIn } },
  { variable: "CONCURRENCY", expected: "a whole number", means: { hubConcurrency: number } },
  { variable: "REDIS_URL", expected: "a URL", secret: true, means: { redisUrl: (url) => url } },
  { variable: "REDIS_OPERATION_TIMEOUT", expected: "seconds", means: { redisTimeoutMs: milliseconds } },
  {
    variable: "CIRCUIT_BREAKER_FAILURE_THRESHOLD",
    expected: "a whole number",
    means: { "breaker.consecutiveFailures": number },
  },
  {
    variable: "FLEET_WORKER_BREAKER_FAILURES",
    expected: "a whole number",
    means: { "breaker.consecutiveFailures": number },
  },
  {
    variable: "CIRCUIT_BREAKER_RECOVERY_TIMEOUT",
    expected: "seconds",
    means: { "breaker.openMs": milliseconds, "breaker.maxOpenMs": milliseconds },
  },
];

/** Variables that say something of a pool, or of health checks: a worker has a few fixed connections. */
const withoutMeaning =
  /^REDIS_(?:MAX_CONNECTIONS|CONNECTION_TIMEOUT|MAX_RETRIES|RETRY_DELAY|HEALTH_CHECK_INTERVAL)$/;

/** The settings of the worker. */
export const workerSettings: Settings<Config> = new Settings({
  schema,
  prefix: "FLEET_WORKER_",
  presets,
  aliases,
  guards: ["FLEET_WORKER_", "FLEET_", "REDIS_", "CIRCUIT_BREAKER_"],
  foreign: (name) => {
    if (gatewayVariable.test(name) || toolVariable.test(name)) return "it is not the worker's";
    if (withoutMeaning.test(name)) return "the worker has no such setting";
    return name.startsWith("REDIS_") && credentialShaped.test(name)
      ? "the worker reads no such variable"
      : undefined;
  },
  failed: (faults) => new ConfigurationError(faults),
});

/** Every value, in the order of the file. */
export const settings: readonly Setting[] = workerSettings.all;

function listIn(given: string): readonly string[] {
  return given
    .replace(/^\[(.*)\]$/, "$1")
    .split(",")
    .map((id) => id.trim());
}

function number(given: string): number | undefined {
  return /^-?\d+(?:\.\d+)?$/.test(given) ? Number(given) : undefined;
}

function milliseconds(given: string): number | undefined {
  const seconds = number(given);
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}
