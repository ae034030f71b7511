import { hash } from "node:crypto";

import type { Argument, Command } from "@fleet/isolation";

/** A command as Redis understands it. */
export interface Translated {
  readonly command: Command;
  /** What a caller expects in place of the reply's text: the hash of the script that it sent. */
  readonly answer?: string;
}

/** How many scripts are remembered: two hashes each, about 200 B. A script that is forgotten is `NOSCRIPT`, and clients send it again. */
const capacity = 10_000;

/**
 * Runs scripts of the hosted service: their first line may carry the flag `allow-key-locking`, which Redis refuses. The flag is
 * taken out, and the hash of what the caller sent stands for the hash of what Redis got. Line numbers in errors stay true.
 */
export class Scripts {
  /** By the hash of what the caller sent, the hash of what Redis got; the oldest use first. */
  readonly #hashes = new Map<string, string>();

  /** Commands without a script pass as they are: the same object. */
  translate(command: Command): Translated {
    const [name] = command;
    const initial = name.charCodeAt(0) | 0x20;
    // "e" and "s": no other command is looked at further.
    if (initial !== 0x65 && initial !== 0x73) return { command };
    switch (name.toUpperCase()) {
      case "EVAL":
      case "EVAL_RO":
        return { command: this.#withScript(command, 1) };
      case "EVALSHA":
      case "EVALSHA_RO":
        return { command: this.#withHashes(command, 1, 2) };
      case "SCRIPT":
        return this.#translateScript(command);
      default:
        return { command };
    }
  }

  #translateScript(command: Command): Translated {
    const subcommand = String(command[1] ?? "").toUpperCase();
    if (subcommand === "EXISTS") return { command: this.#withHashes(command, 2, command.length) };
    const script = command[2];
    if (subcommand !== "LOAD" || script === undefined || command.length > 3) return { command };
    const loaded = this.#withScript(command, 2);
    return loaded === command ? { command } : { command: loaded, answer: hash("sha1", script) };
  }

  #withScript(command: Command, index: number): Command {
    const script = command[index];
    const rewritten = script === undefined ? undefined : withoutForeignFlag(script);
    if (rewritten === undefined) return command;
    this.#remember(hash("sha1", script!), hash("sha1", rewritten));
    return command.with(index, rewritten) as unknown as Command;
  }

  #withHashes(command: Command, from: number, to: number): Command {
    if (this.#hashes.size === 0) return command;
    const known = (argument: Argument, index: number): Argument => {
      if (index < from || index >= to || argument.length !== 40) return argument;
      const asked = argument.toString().toLowerCase();
      const sent = this.#hashes.get(asked);
      if (sent === undefined) return argument;
      this.#remember(asked, sent);
      return sent;
    };
    return command.map(known) as unknown as Command;
  }

  #remember(asked: string, sent: string): void {
    this.#hashes.delete(asked);
    this.#hashes.set(asked, sent);
    if (this.#hashes.size <= capacity) return;
    const [oldest] = this.#hashes.keys();
    this.#hashes.delete(oldest!);
  }
}

const foreign = "allow-key-locking";

/** The script as Redis takes it; undefined where it is that already. Only its first line is read. */
function withoutForeignFlag(script: Argument): Argument | undefined {
  const end = script.indexOf("\n");
  const length = end < 0 ? script.length : end;
  // A line that long names no flags; what cannot be read as one is left to Redis.
  if (length > 1024) return undefined;
  const line = typeof script === "string" ? script.slice(0, length) : script.toString("latin1", 0, length);
  if (!line.startsWith("#!") || !line.includes(foreign)) return undefined;
  const words = line.split(/[ \r]/).flatMap((word) => {
    if (!word.startsWith("flags=")) return [word];
    const flags = word.slice(6).split(",");
    const kept = flags.filter((flag) => flag !== foreign);
    return kept.length === 0 ? [] : [`flags=${kept.join(",")}`];
  });
  const first = words.join(" ");
  if (first.length === line.length) return undefined;
  return typeof script === "string"
    ? first + script.slice(length)
    : Buffer.concat([Buffer.from(first, "latin1"), script.subarray(length)]);
}
