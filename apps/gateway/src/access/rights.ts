import type { Command, ScopedCommand } from "@fleet/isolation";

import { NotPermittedError } from "../errors.ts";
import type { Token } from "./tokens.ts";

/**
 * Reads that a read-only token does not get, which is handed out widely: they walk the whole key space, follow patterns to other
 * keys, or show the source of functions.
 */
const powerful: ReadonlySet<string> = new Set(["FUNCTION", "KEYS", "SCAN", "SORT_RO"]);

/**
 * Reads that run a program of the caller: it does all that `powerful` names, and it occupies the server for as long as it likes.
 * A token gets them by `readOnlyScripts`.
 */
const scripts: ReadonlySet<string> = new Set(["EVAL_RO", "EVALSHA_RO", "FCALL_RO"]);

/**
 * Checks a command against the rights of its token.
 *
 * @throws NotPermittedError, or what `Namespace.scope` throws for a command that no token may send.
 */
export function checkRights(token: Token, command: Command): void {
  if (token.rights === "full") return;
  const scoped: ScopedCommand = token.namespace.scope(command);
  const name = command[0].toUpperCase();
  if (scoped.access !== "read" || powerful.has(name)) throw NotPermittedError.command(command[0]);
  if (scripts.has(name) && !token.readOnlyScripts) throw NotPermittedError.script(name);
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
