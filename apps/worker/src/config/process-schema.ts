import { count, ms, setting, text } from "@fleet/settings";
import type { Section } from "@fleet/settings";
import { z } from "zod";

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
  exitOnComplete: setting(z.boolean().optional(), {
    description: "end when nothing is left; the default for a range and ids, not for a stream or a list",
    scope: "start",
  }),
  graceMs: setting(ms(0).default(10_000), {
    description: "time for what is under way after SIGTERM",
    takes: "<ms>",
    scope: "start",
  }),
  label: setting(text.optional(), {
    description: "who the worker is, in status; host and process id",
    kind: "text",
    takes: "<text>",
    scope: "start",
  }),
  listenHost: setting(text.default("127.0.0.1"), {
    description: "address the port binds to",
    kind: "text",
    takes: "<host>",
    scope: "start",
  }),
  listenPort: setting(count(0, 65_535).optional(), {
    description: "a port for metrics, health and status; 0 takes a free one",
    takes: "<port>",
    scope: "start",
  }),
  progressMs: setting(ms(100).optional(), {
    description: "how often progress is shown; 1000 on a terminal, else 10000",
    takes: "<ms>",
    scope: "start",
  }),
  logLevel: setting(z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("warn"), {
    description: "fatal, error, warn, info, debug or silent: JSON lines on the standard error",
    kind: "text",
    takes: "<level>",
    scope: "start",
  }),
};
