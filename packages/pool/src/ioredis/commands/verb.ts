import { bindingOf } from "./command-rules.ts";

/** What is known about a command name: how it is written, and whether it may run on a shared connection. */
export interface Verb {
  /** `$3\r\nGET\r\n` */
  readonly wire: string;
  readonly name: string;
  /** `always`: it changes or blocks the connection. `sometimes`: its arguments decide. */
  readonly binds: "never" | "sometimes" | "always";
}

/** Names come from callers: without a bound, made-up ones would fill the memory. */
const maxKnown = 1024;
const known = new Map<string, Verb>();

export function verbOf(name: string): Verb {
  return known.get(name) ?? learn(name);
}

function learn(given: string): Verb {
  const name = given.toUpperCase();
  const verb: Verb = {
    wire: `$${Buffer.byteLength(given)}\r\n${given}\r\n`,
    name,
    binds: bindingOf(name),
  };
  if (known.size < maxKnown) known.set(given, verb);
  return verb;
}
