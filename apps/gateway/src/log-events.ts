import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { FastifyBaseLogger } from "fastify";

interface Line {
  readonly level: "info" | "warn";
  readonly text: string;
  readonly facts: object;
}

type Message = Readonly<Record<string, unknown>>;

/** Turns what the packages tell into log lines, until disposed: names, states and codes, never the text of an error, which may quote what it met. */
export function logEvents(log: FastifyBaseLogger): Disposable {
  const stops = Object.entries(lines).map(([channel, lineOf]) => {
    const listener = (message: unknown): void => {
      const line = lineOf(message as Message);
      if (line !== undefined) log[line.level](line.facts, line.text);
    };
    subscribe(channel, listener);
    return () => unsubscribe(channel, listener);
  });
  return { [Symbol.dispose]: () => stops.forEach((stop) => stop()) };
}

const lines: Readonly<Record<string, (message: Message) => Line | undefined>> = {
  "fleet:discovery:change": ({ type, instance }) => ({
    level: "info",
    text: `instance ${String(type)}`,
    facts: { instance: (instance as { readonly name: string }).name },
  }),
  "fleet:discovery:error": ({ code, source }) => ({
    level: "warn",
    text: "discovery failed, the last known instances stay",
    facts: { code, source },
  }),
  "fleet:breaker:state": ({ name, from, to, cause }) => ({
    level: to === "closed" ? "info" : "warn",
    text: `circuit ${String(to)}`,
    facts: { endpoint: name, from, cause },
  }),
  "fleet:pool:connection": ({ name, lane, event, code }) =>
    event === "failed"
      ? { level: "warn", text: "connection failed", facts: { endpoint: name, lane, code } }
      : undefined,
};
