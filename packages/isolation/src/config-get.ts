import type { Command, Reply, ScopedCommand } from "./command.ts";
import { CommandNotAllowedError } from "./errors.ts";
import { textOf } from "./keyword.ts";
import { unchanged } from "./restore.ts";

/** Settings whose value is a secret. */
const secrets: ReadonlySet<string> = new Set([
  "masterauth",
  "primaryauth",
  "requirepass",
  "tls-client-key-file-pass",
  "tls-key-file-pass",
]);

/**
 * For the reply of CONFIG GET: without secrets, which a pattern finds too.
 *
 * @throws CommandNotAllowedError when the command asks for one by its name.
 */
export function withoutSecrets(command: Command): ScopedCommand["restore"] {
  const asked = command.slice(2).map((pattern) => textOf(pattern).toLowerCase());
  const secret = asked.find((name) => secrets.has(name));
  if (secret !== undefined)
    throw new CommandNotAllowedError("CONFIG GET", "administration", { option: secret });
  if (!asked.some((pattern) => /[*?[\\]/.test(pattern))) return unchanged;
  return ((reply: Reply) => {
    if (!Array.isArray(reply)) return reply;
    const fields = reply as readonly Reply[];
    return fields.filter((_, index) => !secrets.has(String(fields[index - (index % 2)]).toLowerCase()));
  }) as ScopedCommand["restore"];
}
