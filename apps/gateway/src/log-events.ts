import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { Fleet } from "@fleet/client";
import type { InstanceSource } from "@fleet/discovery";
import type { FastifyBaseLogger } from "fastify";

import type { Readiness } from "./admin/readiness.ts";
import { ConnectionLines } from "./connection-lines.ts";
import type { ConnectionEvent } from "./connection-lines.ts";

interface Line {
  readonly level: "debug" | "info" | "warn";
  readonly text: string;
  readonly facts: object;
}

/** Whether there is a first set of instances: what is found first is not worth a line each. */
type Start = Pick<Readiness, "isStarted">;
type Message = Readonly<Record<string, unknown>>;
type Condition = Fleet["stats"]["discovery"]["sources"][number]["conditions"][number];

/**
 * Turns what the packages publish into log lines, until disposed: names, states, codes and conditions, never the text of an error,
 * which may quote what it met.
 */
export function logEvents(
  log: FastifyBaseLogger,
  start: Start = { isStarted: true },
  now: () => number = () => performance.now(),
  sources?: readonly InstanceSource[],
): Disposable {
  const connections = new ConnectionLines(now);
  const all: typeof lines = {
    ...lines,
    "fleet:pool:connection": (message) => connections.lineOf(message as unknown as ConnectionEvent),
    "fleet:discovery:error": (message, start) => {
      const origin = message["origin"] as InstanceSource | undefined;
      // Another gateway of the process has sources of the same names.
      if (origin !== undefined && sources?.includes(origin) === false) return undefined;
      return lines["fleet:discovery:error"]!(message, start);
    },
    "fleet:discovery:change": (message, start) => {
      if (message["type"] === "removed") connections.forget(nameOf(message));
      return lines["fleet:discovery:change"]!(message, start);
    },
  };
  const stops = Object.entries(all).map(([channel, lineOf]) => {
    const listener = (message: unknown): void => {
      const line = lineOf(message as Message, start);
      if (line !== undefined) log[line.level](line.facts, line.text);
    };
    subscribe(channel, listener);
    return () => unsubscribe(channel, listener);
  });
  return { [Symbol.dispose]: () => stops.forEach((stop) => stop()) };
}

/** The state before the subscription: discovery has begun by the time there is a log. */
export function logStanding(log: FastifyBaseLogger, { sources }: Fleet["stats"]["discovery"]): void {
  for (const { name: source, state, lastError: code, conditions } of sources) {
    if (code !== undefined) log.warn({ source, state, code }, "discovery failed");
    for (const condition of conditions) log.warn({ source, ...condition }, "condition raised");
  }
}

/** That a resource was proved current comes every half minute, and is a metric. */
const levelOf: Readonly<Record<string, Line["level"]>> = {
  listed: "debug",
  watching: "debug",
  restarted: "debug",
  closed: "debug",
  failed: "info",
  dropped: "warn",
  handler: "warn",
};

/** What is reported of discovery and is no failure of a source. */
const textByCode: Readonly<Record<string, string>> = {
  FLEET_DISCOVERY_SECRET_STALE: "a Secret or Pod cannot be read, what it last said is used",
  FLEET_DISCOVERY_CONFLICT: "an instance is not served, another has its name or uid",
  FLEET_DISCOVERY_LISTENER_FAILED: "a listener for changes failed",
};

const lines: Readonly<Record<string, (message: Message, start: Start) => Line | undefined>> = {
  "fleet:discovery:change": ({ type, instance }, { isStarted }) => ({
    level: isStarted ? "info" : "debug",
    text: `instance ${String(type)}`,
    facts: { instance: nameOf({ instance }) },
  }),
  "fleet:discovery:condition": ({ source, type, condition }) => ({
    level: type === "raised" ? "warn" : "info",
    text: `condition ${String(type)}`,
    facts: { source, ...(condition as Condition) },
  }),
  "fleet:discovery:error": ({ code, source }, { isStarted }) => ({
    level: "warn",
    text:
      textByCode[String(code)] ??
      (isStarted ? "discovery failed, the last known instances stay" : "discovery failed, it is tried again"),
    facts: { code, source },
  }),
  "fleet:discovery:reflector": ({ source, resource, event, reason, error }) => {
    const code = (error as { readonly code?: unknown } | undefined)?.code;
    const level = levelOf[String(event)];
    return level && { level, text: `reflector ${String(event)}`, facts: { source, resource, reason, code } };
  },
  "fleet:client:role": ({ event, ...facts }) => ({
    level: event === "disputed" || event === "unfit" ? "warn" : "info",
    text: `role ${String(event)}`,
    facts,
  }),
  "fleet:breaker:state": ({ name, from, to, cause }) => ({
    level: to === "closed" ? "info" : "warn",
    text: `circuit ${String(to)}`,
    facts: { endpoint: name, from, cause },
  }),
};

function nameOf({ instance }: Message): string {
  return (instance as { readonly name: string }).name;
}
