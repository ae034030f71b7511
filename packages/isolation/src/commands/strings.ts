import { allKeys, everyOtherKey, firstKey, firstTwoKeys, type CommandRow } from "../command-row.ts";

/** Strings. */
export const strings: readonly CommandRow[] = [
  { name: "APPEND", arity: 3, access: "write", keys: firstKey },
  { name: "DECR", arity: 2, access: "write", keys: firstKey },
  { name: "DECRBY", arity: 3, access: "write", keys: firstKey },
  { name: "GET", arity: 2, access: "read", keys: firstKey },
  { name: "GETDEL", arity: 2, access: "write", keys: firstKey },
  { name: "GETEX", arity: -2, access: "write", keys: firstKey },
  { name: "GETRANGE", arity: 4, access: "read", keys: firstKey },
  { name: "GETSET", arity: 3, access: "write", keys: firstKey },
  { name: "INCR", arity: 2, access: "write", keys: firstKey },
  { name: "INCRBY", arity: 3, access: "write", keys: firstKey },
  { name: "INCRBYFLOAT", arity: 3, access: "write", keys: firstKey },
  { name: "LCS", arity: -3, access: "read", keys: firstTwoKeys },
  { name: "MGET", arity: -2, access: "read", keys: allKeys },
  { name: "MSET", arity: -3, access: "write", keys: everyOtherKey },
  { name: "MSETNX", arity: -3, access: "write", keys: everyOtherKey },
  { name: "PSETEX", arity: 4, access: "write", keys: firstKey },
  { name: "SET", arity: -3, access: "write", keys: firstKey },
  { name: "SETEX", arity: 4, access: "write", keys: firstKey },
  { name: "SETNX", arity: 3, access: "write", keys: firstKey },
  { name: "SETRANGE", arity: 4, access: "write", keys: firstKey },
  { name: "STRLEN", arity: 2, access: "read", keys: firstKey },
  { name: "SUBSTR", arity: 4, access: "read", keys: firstKey },
];
