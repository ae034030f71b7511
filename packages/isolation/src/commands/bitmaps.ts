import { allFromSecond, firstKey, type CommandRow } from "../command-row.ts";

/** Bitmaps. */
export const bitmaps: readonly CommandRow[] = [
  { name: "BITCOUNT", arity: -2, access: "read", keys: firstKey },
  { name: "BITFIELD", arity: -2, access: "write", keys: firstKey },
  { name: "BITFIELD_RO", arity: -2, access: "read", keys: firstKey },
  { name: "BITOP", arity: -4, access: "write", keys: allFromSecond },
  { name: "BITPOS", arity: -3, access: "read", keys: firstKey },
  { name: "GETBIT", arity: 3, access: "read", keys: firstKey },
  { name: "SETBIT", arity: 4, access: "write", keys: firstKey },
];
