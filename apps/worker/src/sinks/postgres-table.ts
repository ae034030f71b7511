import { SinkError } from "../errors.ts";
import type { Database } from "./database.ts";

/** What the table must have; more columns may stand in it when they need no value. */
const columns = {
  run: "text",
  id: "text",
  value: "jsonb",
  token: "bigint",
  written_at: "timestamp with time zone",
} as const;

interface Found {
  readonly exists: boolean;
  readonly columns: Readonly<Record<string, string>>;
  readonly demanding: readonly string[];
  readonly keyed: boolean;
  readonly missing: readonly string[];
}

const question = `
select
  to_regclass($1) is not null as "exists",
  coalesce((select jsonb_object_agg(attname, format_type(atttypid, atttypmod))
    from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped), '{}') as columns,
  coalesce((select jsonb_agg(attname) from pg_attribute
    where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attnotnull and not atthasdef
      and attidentity = '' and not attname = any($2)), '[]') as demanding,
  exists (select from pg_index where indrelid = to_regclass($1) and indisunique and indpred is null
    and (select array_agg(attname::text order by attname) from pg_attribute
      where attrelid = indrelid and attnum = any(indkey)) = array['id', 'run']) as keyed,
  coalesce((select jsonb_agg(right_) from unnest(array['select', 'insert', 'update']) as right_
    where to_regclass($1) is not null and not has_table_privilege(to_regclass($1), right_)), '[]') as missing`;

/** `schema.table`, as Postgres wants a name that is not folded. */
export function quoted(table: string): string {
  return table
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");
}

/**
 * Looks whether the table can be written to.
 *
 * @returns whether it is there.
 * @throws SinkError (`DIFFERS`, `REFUSED`) with everything that is wrong with it.
 */
export async function checkTable(database: Database, table: string): Promise<boolean> {
  const [found] = await database.query<Found>(question, [quoted(table), Object.keys(columns)]);
  if (found?.exists !== true) return false;
  const faults = Object.entries(columns).flatMap(([name, type]) => {
    const is = found.columns[name];
    if (is === undefined) return [`${name} is missing (${type})`];
    return is === type ? [] : [`${name} is ${is}, not ${type}`];
  });
  faults.push(...found.demanding.map((name) => `${name} demands a value`));
  if (!found.keyed) faults.push("there is no unique index on (run, id)");
  if (faults.length > 0)
    throw new SinkError("FLEET_WORKER_SINK_DIFFERS", `table ${table} differs: ${faults.join("; ")}`);
  if (found.missing.length > 0)
    throw new SinkError(
      "FLEET_WORKER_SINK_REFUSED",
      `table ${table}: this user may not ${found.missing.join(", ")}`,
    );
  return true;
}

/** unique_violation, duplicate_object (the table's type), duplicate_table. */
const taken = new Set(["23505", "42710", "42P07"]);

/** Makes the table, unless another worker is quicker. */
export async function createTable(database: Database, table: string): Promise<void> {
  const name = quoted(table);
  try {
    await database.query(`create table if not exists ${name} (run text not null, id text not null, value jsonb not null,
      token bigint not null, written_at timestamptz not null default now(), primary key (run, id))`);
  } catch (error) {
    // Two that create it in the same moment: Postgres lets one fail on its own catalogue, in one way or another.
    if (!taken.has(String((error as { code?: unknown }).code))) throw error;
  }
}
