import type { CommandRow, Grant, KeyNames, KeyPositions } from "./command-row.ts";
import type { Access, Lane } from "./command.ts";
import { families } from "./commands/families.ts";
import { refusals } from "./commands/refusals.ts";
import type { RefusalReason } from "./errors.ts";
import type { Emulation } from "./keyspace/program.ts";

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
  readonly privileged: boolean;
  /** Defined for what a program does in a project. */
  readonly emulated: Emulation | undefined;
  /** Why a project may not use it; undefined when it may. */
  readonly project: RefusalReason | undefined;
  /** What a namespace may grant so that a project may use it all the same. */
  readonly needs: Grant | undefined;
  /** Why not even the owner of a whole instance may use it; undefined when the owner may. */
  readonly dedicated: RefusalReason | undefined;
  /** Defined for a container, which its subcommand decides; one that is not among them is decided as the container is. */
  readonly subcommands: ReadonlyMap<string, Entry> | undefined;
}

const reasonWithout: Readonly<Record<Grant, RefusalReason>> = { scripts: "scripting", transfer: "transfer" };

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
  const known = table.get(name);
  if (subcommand !== undefined) {
    const subcommands = (known?.subcommands ?? new Map()) as Map<string, Entry>;
    if (known?.subcommands === undefined)
      set(table, name, { ...(known ?? refused(name, "unknown")), subcommands });
    setNew(subcommands, subcommand, entry);
  } else if (known?.subcommands !== undefined && known.dedicated === "unknown")
    set(table, name, { ...entry, subcommands: known.subcommands });
  else setNew(table, name, entry);
}

function setNew(table: Map<string, Entry>, name: string, entry: Entry): void {
  if (table.has(name)) throw new RangeError(`${entry.name} is decided twice`);
  set(table, name, entry);
}

function set(table: Map<string, Entry>, name: string, entry: Entry): void {
  table.set(name, entry);
  table.set(name.toLowerCase(), entry);
}

function allowed(row: CommandRow): Entry {
  const { name, arity, access, lane = "shared" } = row;
  const scoped = "keys" in row ? row : undefined;
  const needs = scoped?.needs;
  const without = needs === undefined ? undefined : reasonWithout[needs];
  return {
    name,
    arity,
    access,
    lane,
    keys: scoped?.keys,
    names: scoped?.names,
    privileged: scoped?.privileged ?? false,
    emulated: "emulated" in row ? row.emulated : undefined,
    project: "dedicated" in row ? row.dedicated : without,
    needs,
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
    privileged: false,
    emulated: undefined,
    project: reason,
    needs: undefined,
    dedicated: reason,
    subcommands: undefined,
  };
}
