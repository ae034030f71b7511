import type { Preset } from "@fleet/settings";

export type PresetName = "development" | "production" | "high-availability";

export const presetNames: readonly [PresetName, ...PresetName[]] = [
  "development",
  "production",
  "high-availability",
];

/** Values by the path of their setting; whatever is set is stronger. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  development: {
    drainDelayMs: 0,
    "pool.dialTimeoutMs": 5000,
    "pool.exclusive.max": 10,
    "pool.exclusive.maxAgeMs": 120_000,
    "pool.exclusive.idleTimeoutMs": 300_000,
  },
  production: {
    requireProject: true,
    "pool.dialTimeoutMs": 3000,
    "pool.exclusive.max": 50,
    "pool.exclusive.maxAgeMs": 600_000,
    "pool.exclusive.idleTimeoutMs": 600_000,
    "breaker.consecutiveFailures": 5,
    "breaker.openMs": 30_000,
    "breaker.maxOpenMs": 60_000,
  },
  "high-availability": {
    requireProject: true,
    retries: 10,
    "pool.healthCheckIntervalMs": 15_000,
    "pool.exclusive.max": 30,
  },
};
