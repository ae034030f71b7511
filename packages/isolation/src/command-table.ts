import type { CommandRow, KeyNames, KeyPositions } from "./command-row.ts";
import type { Access, Lane } from "./command.ts";
import { families } from "./commands/families.ts";
import { refusals } from "./commands/refusals.ts";
import type { RefusalReason } from "./errors.ts";

/**
 * What is decided about one name. All entries have the same shape, allowed, refused or container: they are read once per command and
 * V8 reads one shape faster than several.
 */
export interface Entry {
  readonly name: string;
  /** 0 when refused everywhere. */
  readonly arity: number;
  readonly access: Access;
  readonly lane: Lane;
  /** Undefined when no project may use the command. */
  readonly keys: KeyPositions | undefined;
  readonly names: KeyNames | undefined;
  /** Why a project may not use it; undefined when it may. */
  readonly project: RefusalReason | undefined;
  /** Why not even the owner of a whole instance may use it; undefined when the owner may. */
  readonly dedicated: RefusalReason | undefined;
  /** Defined for a container, which its subcommand decides. */
  readonly subcommands: ReadonlyMap<string, Entry> | undefined;
}

/** Every decided command under its name, in upper and in lower case so that both usual spellings are found at once. */
export const commandTable: ReadonlyMap<string, Entry> = build();

function build(): ReadonlyMap<string, Entry> {
  const table = new Map<string, Entry>();
  for (const row of Object.values(families).flat()) add(table, row.name, allowed(row));
  for (const [reason, names] of Object.entries(refusals) as [RefusalReason, readonly string[]][])
    for (const name of names) add(table, name, refused(name, reason));
  return table;
}

function add(table: Map<string, Entry>, fullName: string, entry: Entry): void {
  const [name = "", subcommand] = fullName.split(" ");
  if (subcommand === undefined) {
    set(table, name, entry);
    return;
  }
  const subcommands = (table.get(name)?.subcommands ?? new Map()) as Map<string, Entry>;
  if (subcommands.size === 0) set(table, name, { ...refused(name, "unknown"), subcommands });
  set(subcommands, subcommand, entry);
}

function set(table: Map<string, Entry>, name: string, entry: Entry): void {
  if (table.has(name)) throw new RangeError(`${entry.name} is decided twice`);
  table.set(name, entry);
  table.set(name.toLowerCase(), entry);
}

function allowed(row: CommandRow): Entry {
  const { name, arity, access, lane = "shared" } = row;
  const scoped = "keys" in row ? row : undefined;
  const project = "dedicated" in row ? row.dedicated : undefined;
  return {
    name,
    arity,
    access,
    lane,
    keys: scoped?.keys,
    names: scoped?.names,
    project,
    dedicated: undefined,
    subcommands: undefined,
  };
}

function refused(name: string, reason: RefusalReason): Entry {
  return {
    name,
    arity: 0,
    access: "write",
    lane: "shared",
    keys: undefined,
    names: undefined,
    project: reason,
    dedicated: reason,
    subcommands: undefined,
  };
}
