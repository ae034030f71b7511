import { firstKey, type CommandRow } from "../command-row.ts";

/** Vector sets, from Redis 8.0 on. */
export const vectorSets: readonly CommandRow[] = [
  { name: "VADD", arity: -5, access: "write", keys: firstKey },
  { name: "VCARD", arity: 2, access: "read", keys: firstKey },
  { name: "VDIM", arity: 2, access: "read", keys: firstKey },
  { name: "VEMB", arity: -3, access: "read", keys: firstKey },
  { name: "VGETATTR", arity: 3, access: "read", keys: firstKey },
  { name: "VINFO", arity: 2, access: "read", keys: firstKey },
  { name: "VISMEMBER", arity: 3, access: "read", keys: firstKey },
  { name: "VLINKS", arity: -3, access: "read", keys: firstKey },
  { name: "VRANDMEMBER", arity: -2, access: "read", keys: firstKey },
  { name: "VRANGE", arity: -4, access: "read", keys: firstKey },
  { name: "VREM", arity: 3, access: "write", keys: firstKey },
  { name: "VSETATTR", arity: 4, access: "write", keys: firstKey },
  { name: "VSIM", arity: -4, access: "read", keys: firstKey },
];
