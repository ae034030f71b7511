/** What a command does to the connection it runs on, besides being answered. A shared connection takes no such command. */
export interface Rule {
  /**
   * `binds`: later commands on the connection depend on it, and a lane undoes it when its lease ends. `spoils`: it cannot be
   * undone, so the connection is destroyed then. `blocks`: it leaves nothing behind, but the server may let it wait.
   */
  readonly effect: "binds" | "spoils" | "blocks";
  /** Why a shared connection refuses it. */
  readonly why: string;
  /** How long the server may let it wait by its own arguments, in milliseconds; Infinity where that has no end. */
  readonly waitMs: number;
}

type Arguments = readonly unknown[];

/** The rule of a call, from its arguments; undefined where it has none. */
type Judge = (args: Arguments) => Rule | undefined;

const always = (effect: "binds" | "spoils", why: string): Judge => {
  const rule: Rule = { effect, why, waitMs: 0 };
  return () => rule;
};

/** @param timeout the argument with the time; undefined where the call does not block. */
const blocks =
  (unitMs: number, timeout: (args: Arguments) => unknown): Judge =>
  (args) => {
    const given = timeout(args);
    if (given === undefined) return undefined;
    return { effect: "blocks", why: "every reply behind it would wait", waitMs: waitOf(given, unitMs) };
  };

/** Where only some subcommands have the rule. */
const ofSubcommands =
  (areMeant: (subcommand: string) => boolean, judge: Judge): Judge =>
  (args) =>
    args.length > 0 && areMeant(word(args[0])) ? judge(args) : undefined;

/** These subcommands of CLIENT ask, or act on other connections. All others count as settings, as servers get new ones. */
const clientAsks: ReadonlySet<string> = new Set(
  "GETNAME GETREDIR HELP ID INFO KILL LIST PAUSE TRACKINGINFO UNBLOCK UNPAUSE".split(" "),
);

/** Every command that has a rule. All others leave their connection as it is, whatever their arguments are. */
const judges: ReadonlyMap<string, Judge> = new Map(
  (
    [
      ["SELECT", always("binds", "it changes the database of every later command")],
      ["MULTI EXEC DISCARD WATCH UNWATCH", always("binds", "it would take in commands of other callers")],
      ["AUTH", always("spoils", "it changes the user of every later command")],
      ["HELLO", always("spoils", "it changes the user, or the form of every later reply")],
      ["RESET", always("spoils", "it undoes what the connection was set up with")],
      ["QUIT", always("spoils", "it ends the connection")],
      ["ASKING READONLY READWRITE", always("spoils", "it changes which keys a cluster node serves to it")],
      ["HIMPORT", always("spoils", "what it prepares exists on its own connection only")],
      [
        "MONITOR PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE UNSUBSCRIBE",
        always("spoils", "from then on replies come without commands"),
      ],
      ["PSYNC REPLCONF SYNC", always("spoils", "it turns the connection into a replica's")],
      [
        "CLIENT",
        ofSubcommands(
          (name) => !clientAsks.has(name),
          always("spoils", "it changes a setting of the connection"),
        ),
      ],
      [
        "SCRIPT",
        ofSubcommands(
          (name) => name === "DEBUG",
          always("spoils", "the debugger answers every command after the next script"),
        ),
      ],
      ["BLMOVE BLPOP BRPOP BRPOPLPUSH BZPOPMAX BZPOPMIN", blocks(1000, (args) => args.at(-1) ?? Number.NaN)],
      ["BLMPOP BZMPOP", blocks(1000, (args) => args[0] ?? Number.NaN)],
      ["WAIT", blocks(1, (args) => args[1] ?? Number.NaN)],
      ["WAITAOF", blocks(1, (args) => args[2] ?? Number.NaN)],
      ["XREAD XREADGROUP", blocks(1, blockOf)],
    ] as const
  ).flatMap(([names, judge]) => names.split(" ").map((name) => [name, judge] as const)),
);

/** @param name in upper case. */
export function hasRule(name: string): boolean {
  return judges.has(name);
}

/** @param name in upper case. */
export function ruleOf(name: string, args: Arguments): Rule | undefined {
  return judges.get(name)?.(args);
}

/** Options of XREAD and XREADGROUP that come with values, and with how many. */
const optionValues: ReadonlyMap<string, number> = new Map([
  ["COUNT", 1],
  ["CLAIM", 1],
  ["GROUP", 2],
]);

/** The value of BLOCK, if it stands where an option stands: a key, group or consumer may have that name. */
function blockOf(args: Arguments): unknown {
  for (let at = 0; at < args.length; at += 1) {
    const option = word(args[at]);
    if (option === "STREAMS") return undefined;
    if (option === "BLOCK") return args[at + 1] ?? Number.NaN;
    at += optionValues.get(option) ?? 0;
  }
  return undefined;
}

/** An option as the server reads it: in any case, and up to the first NUL, since it compares C strings. */
function word(argument: unknown): string {
  return String(argument).split("\0", 1)[0]!.toUpperCase();
}

/** The server refuses at once an argument that is no number. */
function waitOf(argument: unknown, unitMs: number): number {
  const given = Number(String(argument));
  if (given === 0) return Infinity;
  return given > 0 ? given * unitMs : 0;
}
