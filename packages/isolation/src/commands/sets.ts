import { allKeys, countedKeys, firstKey, firstTwoKeys, type CommandRow } from "../command-row.ts";

/** Sets. */
export const sets: readonly CommandRow[] = [
  { name: "SADD", arity: -3, access: "write", keys: firstKey },
  { name: "SCARD", arity: 2, access: "read", keys: firstKey },
  { name: "SDIFF", arity: -2, access: "read", keys: allKeys },
  { name: "SDIFFSTORE", arity: -3, access: "write", keys: allKeys },
  { name: "SINTER", arity: -2, access: "read", keys: allKeys },
  { name: "SINTERCARD", arity: -3, access: "read", keys: countedKeys },
  { name: "SINTERSTORE", arity: -3, access: "write", keys: allKeys },
  { name: "SISMEMBER", arity: 3, access: "read", keys: firstKey },
  { name: "SMEMBERS", arity: 2, access: "read", keys: firstKey },
  { name: "SMISMEMBER", arity: -3, access: "read", keys: firstKey },
  { name: "SMOVE", arity: 4, access: "write", keys: firstTwoKeys },
  { name: "SPOP", arity: -2, access: "write", keys: firstKey },
  { name: "SRANDMEMBER", arity: -2, access: "read", keys: firstKey },
  { name: "SREM", arity: -3, access: "write", keys: firstKey },
  { name: "SSCAN", arity: -3, access: "read", keys: firstKey },
  { name: "SUNION", arity: -2, access: "read", keys: allKeys },
  { name: "SUNIONSTORE", arity: -3, access: "write", keys: allKeys },
];
