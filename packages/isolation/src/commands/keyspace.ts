import type { CommandRow } from "../command-row.ts";

/** The whole key space, for the owner of the instance. */
export const keyspace: readonly CommandRow[] = [
  { name: "DBSIZE", arity: 1, access: "read", dedicated: "keyspace" },
  { name: "FLUSHALL", arity: -1, access: "write", dedicated: "keyspace" },
  { name: "FLUSHDB", arity: -1, access: "write", dedicated: "keyspace" },
  { name: "KEYS", arity: 2, access: "read", dedicated: "keyspace" },
  { name: "RANDOMKEY", arity: 1, access: "read", dedicated: "keyspace" },
  { name: "SCAN", arity: -2, access: "read", dedicated: "keyspace" },
];
