import type { Reply } from "../command.ts";
import { ask, type Send, textsOf } from "./ask.ts";
import { userPrefix, usernameOf } from "./rule.ts";
import { ServerCommands } from "./server-commands.ts";

/** What a server has of one user. */
export interface UserState {
  readonly isOn: boolean;
  /** Any password logs in. */
  readonly isOpen: boolean;
  readonly passwords: readonly string[];
  /** All that it may run: lower case, subcommands behind a bar. */
  readonly commands: ReadonlySet<string>;
  readonly keys: string;
  readonly channels: string;
  readonly hasSelectors: boolean;
}

/** What `plan()` compares with what is wanted. */
export interface AclState {
  /** Of COMMAND LIST. */
  readonly commandList: readonly string[];
  /** Users of this package by name; undefined where the server has none of it. */
  readonly users: ReadonlyMap<string, UserState | undefined>;
  /** The user that this was read as. */
  readonly whoami: string;
  /** Whether `default` logs in; undefined where it was not asked for. */
  readonly isDefaultOn: boolean | undefined;
  /** The server's aclfile; "" where it has none, undefined where the user may not ask. */
  readonly aclFile: string | undefined;
}

export interface ReadOptions {
  /** Whether to look for users of projects that are not wanted any more (ACL USERS: 0.4 ms for 1,000 users). @default false */
  readonly all?: boolean;
  /** Whether to look at the user `default`. @default false */
  readonly default?: boolean;
}

/**
 * Reads what a server has of the users of these projects, one by one and no others: ACL LIST of 10,000 users stops a server for seconds.
 *
 * @throws AclUnsupportedError, AclForbiddenError, and what `send` rejects with besides.
 */
export async function readState(
  send: Send,
  projects: Iterable<string>,
  options: ReadOptions = {},
): Promise<AclState> {
  const commands = await ServerCommands.read(send);
  const whoami = String(await ask(send, ["ACL", "WHOAMI"]));
  const names = new Set(Array.from(projects, usernameOf));
  if (options.all === true)
    for (const name of textsOf(await ask(send, ["ACL", "USERS"])))
      if (name.startsWith(userPrefix)) names.add(name);
  const users = new Map<string, UserState | undefined>();
  for (const name of names) users.set(name, await readUser(send, name, commands));
  const isDefaultOn =
    options.default === true ? (await readUser(send, "default", commands))?.isOn === true : undefined;
  return { commandList: commands.list, users, whoami, isDefaultOn, aclFile: await readAclFile(send) };
}

/** @throws AclUnsupportedError, AclForbiddenError, and what `send` rejects with besides. */
export async function readUser(
  send: Send,
  username: string,
  commands: ServerCommands,
): Promise<UserState | undefined> {
  const reply = await ask(send, ["ACL", "GETUSER", username]);
  if (reply === null) return undefined;
  const pairs = reply as readonly Reply[];
  const fields = new Map<string, Reply>();
  for (let index = 0; index + 1 < pairs.length; index += 2)
    fields.set(String(pairs[index]), pairs[index + 1] ?? null);
  const flags = textsOf(fields.get("flags"));
  return {
    isOn: flags.includes("on"),
    isOpen: flags.includes("nopass"),
    passwords: textsOf(fields.get("passwords")),
    commands: await commands.allowedBy(String(fields.get("commands")).split(" "), send),
    keys: String(fields.get("keys")),
    channels: String(fields.get("channels")),
    hasSelectors: textsOf(fields.get("selectors")).length > 0,
  };
}

async function readAclFile(send: Send): Promise<string | undefined> {
  try {
    return textsOf(await send(["CONFIG", "GET", "aclfile"]))[1] ?? "";
  } catch (error) {
    // Managed servers have no CONFIG, and the fleet's user need not have it: then only the operator knows.
    if (error instanceof Error && /^(?:NOPERM|ERR)/.test(error.message)) return undefined;
    throw error;
  }
}
