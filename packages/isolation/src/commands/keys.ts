import { allKeys, firstKey, firstTwoKeys, secondKey, type CommandRow } from "../command-row.ts";

/** Commands on keys of any type. TOUCH is a write: it changes what eviction will choose. */
export const keys: readonly CommandRow[] = [
  { name: "COPY", arity: -3, access: "write", keys: { kind: "copy" } },
  { name: "DEL", arity: -2, access: "write", keys: allKeys },
  { name: "DUMP", arity: 2, access: "read", keys: firstKey, needs: "transfer" },
  { name: "EXISTS", arity: -2, access: "read", keys: allKeys },
  { name: "MEMORY USAGE", arity: -3, access: "read", keys: secondKey },
  { name: "OBJECT ENCODING", arity: 3, access: "read", keys: secondKey },
  { name: "OBJECT FREQ", arity: 3, access: "read", keys: secondKey },
  { name: "OBJECT IDLETIME", arity: 3, access: "read", keys: secondKey },
  { name: "OBJECT REFCOUNT", arity: 3, access: "read", keys: secondKey },
  { name: "RENAME", arity: 3, access: "write", keys: firstTwoKeys },
  { name: "RENAMENX", arity: 3, access: "write", keys: firstTwoKeys },
  { name: "RESTORE", arity: -4, access: "write", keys: firstKey, needs: "transfer" },
  { name: "SORT", arity: -2, access: "write", keys: { kind: "sort", store: true } },
  { name: "SORT_RO", arity: -2, access: "read", keys: { kind: "sort", store: false } },
  { name: "TOUCH", arity: -2, access: "write", keys: allKeys },
  { name: "TYPE", arity: 2, access: "read", keys: firstKey },
  { name: "UNLINK", arity: -2, access: "write", keys: allKeys },
];
