import type { Entry } from "./command-table.ts";
import type { Reply } from "./command.ts";
import type { RefusalReason } from "./errors.ts";

/** Commands as a server declares them. Made by `declaredCommands()`. */
export interface DeclaredCommands {
  /** How many there are. */
  readonly size: number;
}

/** What was read, by name in upper case. */
const tables = new WeakMap<DeclaredCommands, ReadonlyMap<string, Entry>>();

/** What the server declares of a command, by its name in upper case. */
export function declaredIn(declared: DeclaredCommands | undefined, name: string): Entry | undefined {
  return declared === undefined ? undefined : tables.get(declared)?.get(name);
}

/**
 * Reads the reply of COMMAND, or of COMMAND INFO: what the owner of that server may use of what stands in no table here. A read is what
 * the server flags as one. What blocks, subscribes, belongs to the operator or to a connection is refused as in the table.
 *
 * What does not have the form of a command is passed over.
 */
export function declaredCommands(reply: Reply): DeclaredCommands {
  const table = new Map<string, Entry>();
  for (const row of listOf(reply)) {
    const entry = entryOf(row);
    if (entry !== undefined) table.set(entry.name, entry);
  }
  const declared = Object.freeze({ size: table.size });
  tables.set(declared, table);
  return declared;
}

function entryOf(row: Reply | undefined): Entry | undefined {
  const [rawName, rawArity, rawFlags, , , , rawCategories, , , rawSubcommands] = listOf(row);
  const arity = Number(rawArity);
  if (!isText(rawName) || !Number.isInteger(arity)) return undefined;
  const name = rawName.toString().toUpperCase().replace("|", " ");
  const marks = new Set([...listOf(rawFlags), ...listOf(rawCategories)].map(String));
  const subcommands = listOf(rawSubcommands)
    .map(entryOf)
    .filter((entry) => entry !== undefined);
  return {
    name,
    arity,
    access: marks.has("readonly") ? "read" : "write",
    lane: "shared",
    keys: undefined,
    names: undefined,
    privileged: false,
    emulated: undefined,
    project: "unknown",
    needs: undefined,
    dedicated: refusal(marks),
    subcommands:
      subcommands.length === 0
        ? undefined
        : new Map(subcommands.map((entry) => [entry.name.slice(entry.name.indexOf(" ") + 1), entry])),
  };
}

function refusal(marks: ReadonlySet<string>): Exclude<RefusalReason, "unknown"> | undefined {
  if (marks.has("blocking")) return "blocking";
  if (marks.has("pubsub")) return "pubsub";
  if (marks.has("admin")) return "administration";
  return marks.has("noscript") && marks.has("@connection") ? "connection-state" : undefined;
}

function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}

function isText(reply: Reply | undefined): reply is string | Buffer {
  return typeof reply === "string" || Buffer.isBuffer(reply);
}
