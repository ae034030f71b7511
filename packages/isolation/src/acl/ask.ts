import type { Reply } from "../command.ts";
import { AclForbiddenError, AclNotSavedError, AclRefusedError, AclUnsupportedError } from "./errors.ts";

/** Sends one command to one server, as a user that may administer ACL users; rejects with the error that the server replies. */
export type Send = (command: readonly [name: string, ...args: string[]]) => Promise<Reply>;

/** One command; errors of the server become those of this package. */
export async function ask(send: Send, command: readonly [string, string, ...string[]]): Promise<Reply> {
  try {
    return await send(command);
  } catch (error) {
    throw explained(error, command);
  }
}

function explained(error: unknown, [name, subcommand]: readonly [string, string, ...string[]]): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = error;
  const command = `${name} ${subcommand}`;
  if (message.startsWith("NOPERM")) return new AclForbiddenError(command);
  // A command's name that the server does not know, in the words of all versions.
  if (/^ERR (?:unknown (?:sub)?command|Unknown (?:sub)?command)/i.test(message))
    return new AclUnsupportedError();
  if (subcommand === "SAVE" && message.startsWith("ERR")) return new AclNotSavedError(message);
  if (message.startsWith("ERR")) return new AclRefusedError(command, message);
  return error;
}

export function textsOf(reply: Reply | undefined): readonly string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}
