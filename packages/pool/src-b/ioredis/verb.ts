/** What is known about a command name: how it is written, and whether it may run on a shared connection. */
export interface Verb {
  /** `$3\r\nGET\r\n` */
  readonly wire: string;
  readonly name: string;
  /** `always`: it changes or blocks the connection. `sometimes`: its arguments decide. */
  readonly binds: "never" | "sometimes" | "always";
}

const binding: ReadonlySet<string> = new Set(
  [
    // What a connection remembers, and with it everybody who shares it.
    "ASKING AUTH DISCARD EXEC HELLO MULTI QUIT READONLY READWRITE RESET SELECT UNWATCH WATCH",
    // Turn the connection into a stream of its own.
    "MONITOR PSUBSCRIBE PSYNC PUNSUBSCRIBE REPLCONF SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SYNC UNSUBSCRIBE",
    // Keep every reply behind them waiting.
    "BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN WAIT WAITAOF",
  ].flatMap((names) => names.split(" ")),
);

const clientSettings: ReadonlySet<string> = new Set(
  "CACHING NO-EVICT NO-TOUCH REPLY SETINFO SETNAME TRACKING".split(" "),
);

/** Names come from callers: without a bound, made-up ones would fill the memory. */
const maxKnown = 1024;
const known = new Map<string, Verb>();

export function verbOf(name: string): Verb {
  return known.get(name) ?? learn(name);
}

/** Whether a command whose verb binds `sometimes` does. */
export function argumentsBind(name: string, args: readonly (string | Buffer)[]): boolean {
  if (name === "CLIENT") return args.length > 0 && clientSettings.has(upper(args[0]!));
  return args.some((argument) => argument.length === 5 && upper(argument) === "BLOCK");
}

function learn(given: string): Verb {
  const name = given.toUpperCase();
  const verb: Verb = {
    wire: `$${Buffer.byteLength(given)}\r\n${given}\r\n`,
    name,
    binds: binding.has(name)
      ? "always"
      : name === "CLIENT" || name === "XREAD" || name === "XREADGROUP"
        ? "sometimes"
        : "never",
  };
  if (known.size < maxKnown) known.set(given, verb);
  return verb;
}

function upper(argument: string | Buffer): string {
  return argument.toString().toUpperCase();
}
