import { countedKeys, firstKey, firstTwoKeys, type CommandRow } from "../command-row.ts";

/** Lists, without the forms that wait. */
export const lists: readonly CommandRow[] = [
  { name: "LINDEX", arity: 3, access: "read", keys: firstKey },
  { name: "LINSERT", arity: 5, access: "write", keys: firstKey },
  { name: "LLEN", arity: 2, access: "read", keys: firstKey },
  { name: "LMOVE", arity: 5, access: "write", keys: firstTwoKeys },
  { name: "LMPOP", arity: -4, access: "write", keys: countedKeys, names: "first" },
  { name: "LPOP", arity: -2, access: "write", keys: firstKey },
  { name: "LPOS", arity: -3, access: "read", keys: firstKey },
  { name: "LPUSH", arity: -3, access: "write", keys: firstKey },
  { name: "LPUSHX", arity: -3, access: "write", keys: firstKey },
  { name: "LRANGE", arity: 4, access: "read", keys: firstKey },
  { name: "LREM", arity: 4, access: "write", keys: firstKey },
  { name: "LSET", arity: 4, access: "write", keys: firstKey },
  { name: "LTRIM", arity: 4, access: "write", keys: firstKey },
  { name: "RPOP", arity: -2, access: "write", keys: firstKey },
  { name: "RPOPLPUSH", arity: 3, access: "write", keys: firstTwoKeys },
  { name: "RPUSH", arity: -3, access: "write", keys: firstKey },
  { name: "RPUSHX", arity: -3, access: "write", keys: firstKey },
];
