import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { type Logger, pino } from "pino";

import type { LogLevel } from "./config-schema.ts";

/** JSON lines, a time and what is told; no host, no process: who runs it knows. */
export function openLog(level: LogLevel, write: (line: string) => void): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
}

type Message = Readonly<Record<string, unknown>>;

/** A line's level and text; undefined where there is nothing to say. */
const lines: Readonly<
  Record<string, (message: Message) => readonly ["debug" | "info" | "warn", string] | undefined>
> = {
  "fleet:backfill:warning": ({ message }) => ["warn", String(message)],
  "fleet:backfill:redis": ({ event }) => [event === "recovered" ? "info" : "warn", `Redis ${String(event)}`],
  "fleet:backfill:limit": ({ event }) => (event === "paused" ? ["info", "the hub asks to wait"] : undefined),
  "fleet:backfill:chunk": ({ outcome }) => [
    outcome === "fenced" ? "warn" : "debug",
    `chunk ${String(outcome)}`,
  ],
  "fleet:backfill:fetch": ({ phase, outcome }) => failed("fetch", phase, outcome),
  "fleet:backfill:write": ({ phase, outcome }) => failed("write", phase, outcome),
  "fleet:breaker:state": ({ to }) => [to === "closed" ? "info" : "warn", `breaker ${String(to)}`],
};

function failed(call: string, phase: unknown, outcome: unknown): readonly ["info", string] | undefined {
  return phase === "ended" && outcome === "failed" ? ["info", `${call} failed`] : undefined;
}

/** Logs what the packages tell, until disposed: names, counts, states and codes, never what was fetched or an error's text. */
export function logEvents(log: Logger): Disposable {
  const stops = Object.entries(lines).map(([channel, lineOf]) => {
    const listener = (message: unknown): void => {
      const line = lineOf(message as Message);
      if (line === undefined) return;
      const { message: _text, ...facts } = message as Message;
      log[line[0]](facts, line[1]);
    };
    subscribe(channel, listener);
    return () => unsubscribe(channel, listener);
  });
  return { [Symbol.dispose]: () => stops.forEach((stop) => stop()) };
}
