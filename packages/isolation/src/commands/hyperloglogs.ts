import { allKeys, firstKey, type CommandRow } from "../command-row.ts";

/** HyperLogLogs. PFCOUNT is a write: it stores the count that it computed. */
export const hyperloglogs: readonly CommandRow[] = [
  { name: "PFADD", arity: -2, access: "write", keys: firstKey },
  { name: "PFCOUNT", arity: -2, access: "write", keys: allKeys },
  { name: "PFMERGE", arity: -2, access: "write", keys: allKeys },
];
