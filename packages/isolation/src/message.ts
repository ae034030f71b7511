import type { Argument, Command } from "./command.ts";

/** A command as the caller gave it, and as it was sent. */
interface Pair {
  readonly given: Command;
  readonly sent: Command;
}

/** The text of the server without the prefix that the caller never wrote. */
export function restoredMessage(message: string, prefix: string, pairs: readonly Pair[]): string {
  for (const { given, sent } of pairs) if (message === unknownCommand(sent)) return unknownCommand(given);
  if (message.startsWith("NOGROUP ")) return ofNoGroup(message, prefix);
  const names = new Set(pairs.flatMap((pair) => prefixed(pair)));
  // What follows the prefix decides whether it is the one that was put there: the caller's own data may hold the same text.
  let text = "";
  let from = 0;
  for (let at = message.indexOf(prefix); at >= 0; at = message.indexOf(prefix, from)) {
    const isOurs =
      pairs.length === 0
        ? /(?:^|\s|['"`(])$/.test(message.slice(0, at))
        : [...names].some((name) => message.startsWith(name, at));
    text += message.slice(from, isOurs ? at : at + prefix.length);
    from = at + prefix.length;
  }
  return text + message.slice(from);
}

/** What was prefixed, as the server prints it: up to the first NUL. */
function prefixed({ given, sent }: Pair): readonly string[] {
  return sent
    .filter((argument, index) => argument !== given[index])
    .map((argument) => printed(argument).replace(/\0.*$/s, ""));
}

/** The key stands first, or last behind the group; the names of groups and consumers are the caller's own, whatever they look like. */
function ofNoGroup(message: string, prefix: string): string {
  const first = "NOGROUP No such key '";
  if (message.startsWith(first + prefix)) return first + message.slice(first.length + prefix.length);
  const last = " for key name '";
  const at = message.lastIndexOf(last + prefix);
  if (at < 0) return message;
  return message.slice(0, at + last.length) + message.slice(at + last.length + prefix.length);
}

/** The server's text about a command that it does not know: its arguments, cut off at 128 bytes together. */
function unknownCommand([name, ...args]: Command): string {
  let bytes = 0;
  const shown: Buffer[] = [];
  for (const argument of args) {
    if (bytes >= 128) break;
    const text = Buffer.from(argument as string);
    const nul = text.indexOf(0);
    const piece = Buffer.concat([
      Buffer.from("'"),
      text.subarray(0, Math.min(nul < 0 ? text.length : nul, 128 - bytes)),
      Buffer.from("' "),
    ]);
    shown.push(piece);
    bytes += piece.length;
  }
  const text = `ERR unknown command '${name.slice(0, 128)}', with args beginning with: ${Buffer.concat(shown).toString()}`;
  return text.replaceAll(/[\r\n]/g, " ");
}

function printed(argument: Argument): string {
  return typeof argument === "string" ? argument : argument.toString();
}
