import { z } from "zod";

import { type HubConfig, hubSettings } from "./hub-schema.ts";
import { type ProcessConfig, processSettings } from "./process-schema.ts";
import { type RedisConfig, redisSettings } from "./redis-schema.ts";
import { type Setting, setting, settingsOf } from "./setting.ts";
import { type SinkConfig, sinkSettings } from "./sink-schema.ts";
import { type SourceConfig, sourceSettings } from "./source-schema.ts";
import { text } from "./values.ts";
import { type WorkConfig, workSettings } from "./work-schema.ts";

/** The configuration as it counts: flat, each name the same in the file, the environment and the flags. */
export interface Config extends RedisConfig, SourceConfig, HubConfig, SinkConfig, WorkConfig, ProcessConfig {
  readonly preset?: "development" | "production" | undefined;
  readonly name: string;
  readonly job?: string | undefined;
}

/** What a preset says; anything else that is said is stronger. */
export const presets: Readonly<Record<"development" | "production", Readonly<Partial<Config>>>> = {
  development: { hubConcurrency: 3, requestsPerSecond: 5 },
  production: { hubConcurrency: 10, requestsPerSecond: 20 },
};

/** In the order of the file. */
const schema = z.strictObject({
  preset: setting(
    z.enum(["development", "production"]).optional(),
    "start",
    "text <preset>",
    "development (hub 3, 5 a second) or production (hub 10, 20 a second)",
  ),
  name: setting(
    text.default("backfill"),
    "run",
    "text <name>",
    "names the run: workers of the same name share its work",
  ),
  ...redisSettings,
  ...sourceSettings,
  job: setting(
    text.optional(),
    "sink",
    "path <module>",
    "a module of yours that exports `fetch`, `write` or both, see below",
  ),
  ...hubSettings,
  ...sinkSettings,
  ...workSettings,
  ...processSettings,
});

/** Every value, in the order of the file. */
export const settings: readonly Setting[] = settingsOf(schema);

/** Parses what the layers gave together. */
export function parseConfig(
  input: unknown,
): { readonly config: Config } | { readonly issues: readonly z.core.$ZodIssue[] } {
  const parsed = schema.safeParse(input);
  return parsed.success ? { config: parsed.data } : { issues: parsed.error.issues };
}
