import type { CommandRow } from "../command-row.ts";
import { scan } from "../keyspace/scan.ts";
import { dbsize, flush, keys, randomkey } from "../keyspace/whole.ts";

/** The whole key space: a project's is walked by programs. */
export const keyspace: readonly CommandRow[] = [
  { name: "DBSIZE", arity: 1, access: "read", emulated: dbsize },
  { name: "FLUSHALL", arity: -1, access: "write", emulated: flush },
  { name: "FLUSHDB", arity: -1, access: "write", emulated: flush },
  { name: "KEYS", arity: 2, access: "read", emulated: keys },
  { name: "RANDOMKEY", arity: 1, access: "read", emulated: randomkey },
  { name: "SCAN", arity: -2, access: "read", emulated: scan },
];
