/** What a command does to the connection it runs on, besides being answered. */
export interface Rule {
  /**
   * `undone`: a lane can undo it when its lease ends. `lasting`: it cannot, the connection is destroyed then. `waits`: it
   * leaves nothing behind, but may be answered late by its own arguments.
   */
  readonly effect: "undone" | "lasting" | "waits";
  /** Why a shared connection refuses it. */
  readonly why: string;
}

const rules: ReadonlyMap<string, Rule> = new Map(
  (
    [
      ["undone", "it changes the database of every later command", "SELECT"],
      ["undone", "it would take in commands of other callers", "MULTI EXEC DISCARD WATCH UNWATCH"],
      ["lasting", "it changes the user of every later command", "AUTH"],
      ["lasting", "it changes the user, or the form of every later reply", "HELLO"],
      ["lasting", "it undoes what the connection was set up with", "RESET"],
      ["lasting", "it ends the connection", "QUIT"],
      ["lasting", "it changes which keys a cluster node serves to it", "ASKING READONLY READWRITE"],
      ["lasting", "what it prepares exists on its own connection only", "HIMPORT"],
      [
        "lasting",
        "from then on replies come without commands",
        "MONITOR PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE UNSUBSCRIBE",
      ],
      ["lasting", "it turns the connection into a replica's", "PSYNC REPLCONF SYNC"],
      [
        "waits",
        "every reply behind it would wait",
        "BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN WAIT WAITAOF",
      ],
    ] as const
  ).flatMap(([effect, why, names]) => names.split(" ").map((name) => [name, { effect, why }] as const)),
);

const clientSetting: Rule = { effect: "lasting", why: "it changes a setting of the connection" };
const scriptDebugger: Rule = {
  effect: "lasting",
  why: "the debugger answers every command after the next script",
};
const blocked: Rule = { effect: "waits", why: "every reply behind it would wait" };

/** CLIENT with these asks, or acts on others. Servers get new settings, so what is not here is taken for one. */
const clientAsks: ReadonlySet<string> = new Set(
  "GETNAME GETREDIR HELP ID INFO KILL LIST PAUSE TRACKINGINFO UNBLOCK UNPAUSE".split(" "),
);

/** Commands whose arguments decide. */
const judged: ReadonlyMap<string, (args: readonly unknown[]) => Rule | undefined> = new Map([
  ["CLIENT", (args) => (args.length === 0 || clientAsks.has(upper(args[0])) ? undefined : clientSetting)],
  ["SCRIPT", (args) => (upper(args[0]) === "DEBUG" ? scriptDebugger : undefined)],
  ["XREAD", (args) => (blockOf(args) === undefined ? undefined : blocked)],
  ["XREADGROUP", (args) => (blockOf(args) === undefined ? undefined : blocked)],
]);

/** Whether a command has a rule: by its name alone, or also by its arguments. */
export function bindingOf(name: string): "never" | "sometimes" | "always" {
  return rules.has(name) ? "always" : judged.has(name) ? "sometimes" : "never";
}

/** @param name in upper case. */
export function ruleOf(name: string, args: readonly unknown[]): Rule | undefined {
  return rules.get(name) ?? judged.get(name)?.(args);
}

/** Options of XREAD and XREADGROUP that come with values, and with how many. */
const optionValues: ReadonlyMap<string, number> = new Map([
  ["COUNT", 1],
  ["CLAIM", 1],
  ["GROUP", 2],
]);

/** The value of BLOCK, if it stands where an option stands: a key, group or consumer may have that name. */
export function blockOf(args: readonly unknown[]): unknown {
  for (let at = 0; at < args.length; at += 1) {
    const option = upper(args[at]);
    if (option === "STREAMS") return undefined;
    if (option === "BLOCK") return args[at + 1] ?? "";
    at += optionValues.get(option) ?? 0;
  }
  return undefined;
}

function upper(argument: unknown): string {
  return String(argument).toUpperCase();
}
