import { hasRule } from "./command-rules.ts";

/** A command name: how it is written, and whether there is a rule for it. */
export interface Verb {
  /** `$3\r\nGET\r\n` */
  readonly wire: string;
  readonly name: string;
  /** Whether it may bind, spoil or block its connection; the arguments decide. */
  readonly hasRule: boolean;
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
    hasRule: hasRule(name),
  };
  if (known.size < maxKnown) known.set(given, verb);
  return verb;
}
