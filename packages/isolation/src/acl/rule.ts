import { commandTable, type Entry } from "../command-table.ts";
import { Namespace } from "../namespace.ts";

/** A user of the server that may do what a project may, and nothing else. */
export interface ProjectUser {
  /** The project's id, as `Namespace.project()` takes it. */
  readonly project: string;
  /** SHA-256 of each password that is valid, in hexadecimal: two while they are rotated. See {@link hashOf}. */
  readonly passwords: readonly string[];
  /** Whether its scripts and functions run. Their calls are checked by the server, key by key. @default false */
  readonly scripts?: boolean;
}

/** What the rule of a user says, in the server's own words. */
export interface Rule {
  readonly username: string;
  readonly passwords: readonly string[];
  /** As in SETUSER, without `+`: `get`, `object|encoding`. */
  readonly commands: readonly string[];
  readonly keys: string;
  readonly channels: string;
}

/** All users of this package begin with it: others are never looked at. */
export const userPrefix = "fleet-";

/** What a connection is set up, checked and ended with; the server lets every user call most of it anyway. */
const connecting = ["auth", "client|id", "client|setinfo", "client|setname", "hello", "ping", "quit"];

/** What an atomic batch is wrapped in. WATCH names its keys, and the server checks them. */
const transactions = ["discard", "exec", "multi", "unwatch", "watch"];

const scripting = [
  "eval",
  "eval_ro",
  "evalsha",
  "evalsha_ro",
  "fcall",
  "fcall_ro",
  "script|exists",
  "script|load",
];

/**
 * The rule of a project's user: the commands that the table sends for a project, those of them that the server has.
 *
 * @param commandList The reply of the server's COMMAND LIST: a name that it does not know would fail the whole SETUSER.
 * @throws InvalidProjectError
 */
export function ruleFor(
  { project, passwords, scripts = false }: ProjectUser,
  commandList: readonly string[],
): Rule {
  const { prefix } = Namespace.project(project);
  const known = new Set(commandList.map((name) => name.toLowerCase()));
  const names = [...sentForProjects(), ...connecting, ...transactions, ...(scripts ? scripting : [])];
  return {
    username: usernameOf(project),
    passwords,
    commands: [...new Set(names)].filter((name) => known.has(name)).toSorted(),
    keys: `~${literally(prefix)}*`,
    channels: `&${literally(prefix)}*`,
  };
}

/**
 * The arguments of ACL SETUSER, the name first. `reset` comes first, so the user is the rule whatever it was, and one call makes it:
 * there is no moment at which it may do more, or less. Connections that are logged in stay so.
 */
export function setUser({ username, passwords, commands, keys, channels }: Rule): readonly string[] {
  return [
    username,
    "reset",
    "on",
    ...passwords.map((hash) => `#${hash}`),
    keys,
    "resetchannels",
    channels,
    "-@all",
    ...commands.map((name) => `+${name}`),
  ];
}

export function usernameOf(project: string): string {
  return userPrefix + project;
}

/** Commands that reach the server with a project's keys, as ACL rules spell them. */
function sentForProjects(): readonly string[] {
  return [...new Set(commandTable.values())].flatMap((entry) =>
    entry.subcommands === undefined
      ? allowedOf(entry)
      : [...new Set(entry.subcommands.values())].flatMap(allowedOf),
  );
}

/** What a program does in a project the fleet itself asks for: no user may walk the key space. So it is with what is privileged. */
function allowedOf({ name, project, emulated, privileged }: Entry): readonly string[] {
  return project === undefined && emulated === undefined && !privileged
    ? [name.toLowerCase().replace(" ", "|")]
    : [];
}

/** A pattern that matches the text itself. */
function literally(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, "\\$&");
}
