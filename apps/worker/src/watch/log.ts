import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { type Logger, pino } from "pino";

import type { LogLevel } from "../config/process-schema.ts";
import { reasonOf } from "../parts/reason-of.ts";
import { Throttle } from "./throttle.ts";

/** JSON lines with a time and the facts. Host and process are left out: what collects the lines knows them. */
export function openLog(level: LogLevel, write: (line: string) => void): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
}

type Message = Readonly<Record<string, unknown>>;
type Line = readonly ["debug" | "info" | "warn", string];

/** A line's level and text; undefined where there is nothing to say. */
const lines: Readonly<Record<string, (message: Message) => Line | undefined>> = {
  "fleet:backfill:warning": ({ message }) => ["warn", String(message)],
  "fleet:backfill:redis": ({ event }) => [event === "recovered" ? "info" : "warn", `Redis ${String(event)}`],
  "fleet:backfill:limit": ({ event }) => (event === "paused" ? ["info", "the hub asks to wait"] : undefined),
  "fleet:backfill:chunk": ({ outcome }) => [
    outcome === "fenced" ? "warn" : "debug",
    `chunk ${String(outcome)}`,
  ],
  "fleet:backfill:fetch": (message) => (hasFailed(message) ? ["info", "fetch failed"] : undefined),
  "fleet:backfill:write": (message) => (hasFailed(message) ? ["info", "write failed"] : undefined),
  "fleet:breaker:state": ({ to }) => [to === "closed" ? "info" : "warn", `breaker ${String(to)}`],
};

/** While Redis is away, attempts fail several times a second; a line in so many milliseconds is enough. */
const redisEveryMs = 10_000;

const hasFailed = ({ phase, outcome }: Message): boolean => phase === "ended" && outcome === "failed";

/**
 * Logs what the packages publish, until disposed: names, counts, states, codes and reasons, never what was fetched or the text of
 * an error that is not ours.
 *
 * @param now monotonic milliseconds.
 */
export function logEvents(log: Logger, now: () => number = () => performance.now()): Disposable {
  const throttle = new Throttle(redisEveryMs, now);
  /** Why the last call of each side failed, by the name of its breaker. */
  const reasons = new Map<unknown, string>();
  const write = (channel: string, message: Message): void => {
    const { message: _text, error, ...facts } = message;
    const reason = error === undefined ? undefined : reasonOf(error);
    if (reason !== undefined && hasFailed(message))
      reasons.set(channel === "fleet:backfill:fetch" ? "hub" : "database", reason);
    const line = lines[channel]!(message);
    if (line === undefined) return;
    let more: Message = reason === undefined ? {} : { reason };
    if (channel === "fleet:breaker:state" && facts["to"] === "open")
      more = { reason: reasons.get(facts["name"]) };
    if (channel === "fleet:backfill:redis") {
      if (facts["event"] === "recovered") throttle.reset();
      else {
        const times = throttle.admit(String(facts["event"]));
        if (times === undefined) return;
        more = times === 1 ? {} : { times };
      }
    }
    log[line[0]]({ ...facts, ...more }, line[1]);
  };
  const stops = Object.keys(lines).map((channel) => {
    const listener = (message: unknown): void => write(channel, message as Message);
    subscribe(channel, listener);
    return () => unsubscribe(channel, listener);
  });
  return { [Symbol.dispose]: () => stops.forEach((stop) => stop()) };
}
