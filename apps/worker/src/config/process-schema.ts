import { z } from "zod";

import { type Section, setting } from "./setting.ts";
import { count, ms, text } from "./values.ts";

/** When the process ends, and how it is watched. */
export interface ProcessConfig {
  readonly exitOnComplete?: boolean | undefined;
  readonly graceMs: number;
  readonly label?: string | undefined;
  readonly listenHost: string;
  readonly listenPort?: number | undefined;
  readonly progressMs?: number | undefined;
  readonly logLevel: LogLevel;
}

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "silent";

export const processSettings: Section<ProcessConfig> = {
  exitOnComplete: setting(
    z.boolean().optional(),
    "start",
    "boolean",
    "end when nothing is left; the default for a range and ids, not for a stream or a list",
  ),
  graceMs: setting(ms(0).default(10_000), "start", "number <ms>", "time for what is under way after SIGTERM"),
  label: setting(
    text.optional(),
    "start",
    "text <text>",
    "who the worker is, in status; host and process id",
  ),
  listenHost: setting(text.default("127.0.0.1"), "start", "text <host>", "address the port binds to"),
  listenPort: setting(
    count(0, 65_535).optional(),
    "start",
    "number <port>",
    "a port for metrics, health and status; 0 takes a free one",
  ),
  progressMs: setting(
    ms(100).optional(),
    "start",
    "number <ms>",
    "how often progress is shown; 1000 on a terminal, else 10000",
  ),
  logLevel: setting(
    z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("warn"),
    "start",
    "text <level>",
    "fatal, error, warn, info, debug or silent: JSON lines on the standard error",
  ),
};
