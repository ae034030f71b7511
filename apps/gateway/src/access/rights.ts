import { CommandNotAllowedError, Namespace } from "@fleet/isolation";
import type { Command } from "@fleet/isolation";

import type { Extra } from "../config/config-schema.ts";
import { NotPermittedError } from "../errors.ts";
import type { Token } from "./tokens.ts";

/**
 * Reads that a read-only token, which is handed out widely, gets only when its setting `allows` them. A script does all that the
 * others name, and occupies the server for as long as it likes; the key space is walked by every look at it; SORT_RO and LCS take
 * seconds for arguments of a few kilobytes.
 */
const extraOf: ReadonlyMap<string, Extra> = new Map(
  Object.entries({
    scripts: ["EVAL_RO", "EVALSHA_RO", "FCALL_RO"],
    keyspace: ["DBSIZE", "KEYS", "PUBSUB", "RANDOMKEY", "SCAN"],
    heavy: ["LCS", "SORT_RO"],
  } satisfies Partial<Record<Extra, readonly string[]>>).flatMap(([extra, names]) =>
    names.map((name) => [name, extra as Extra] as const),
  ),
);

/** Stands for every project: what no project may run asks for more than the keys it names. */
const anyProject = Namespace.project("any");

/**
 * Checks a command against the rights of its token.
 *
 * @throws NotPermittedError, or what `Namespace.scope` throws for a command that no token may send.
 */
export function checkRights(token: Token, command: Command): void {
  if (token.rights === "full") return;
  const { access } = token.namespace.scope(command);
  if (access !== "read") throw NotPermittedError.command(command[0]);
  const name = command[0].toUpperCase();
  const extra = extraOf.get(name) ?? (isOfServer(token, command) ? "server" : undefined);
  if (extra !== undefined && !token.extras.has(extra)) throw NotPermittedError.extra(name, extra);
}

function isOfServer({ namespace }: Token, command: Command): boolean {
  if (namespace.project !== undefined) return false;
  try {
    anyProject.scope(command);
    return false;
  } catch (error) {
    if (error instanceof CommandNotAllowedError) return true;
    throw error;
  }
}

/** `CLIENT SETINFO` names the client's library on a connection that, here, many share. Clients expect `OK` and get it. */
export function isClientInfo(command: Command): boolean {
  return (
    command[0].length === 6 &&
    command.length > 1 &&
    command[0].toUpperCase() === "CLIENT" &&
    String(command[1]).toUpperCase() === "SETINFO"
  );
}
