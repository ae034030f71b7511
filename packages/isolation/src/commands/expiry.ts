import { firstKey, type CommandRow } from "../command-row.ts";

/** Lifetimes of keys. */
export const expiry: readonly CommandRow[] = [
  { name: "EXPIRE", arity: -3, access: "write", keys: firstKey },
  { name: "EXPIREAT", arity: -3, access: "write", keys: firstKey },
  { name: "EXPIRETIME", arity: 2, access: "read", keys: firstKey },
  { name: "PERSIST", arity: 2, access: "write", keys: firstKey },
  { name: "PEXPIRE", arity: -3, access: "write", keys: firstKey },
  { name: "PEXPIREAT", arity: -3, access: "write", keys: firstKey },
  { name: "PEXPIRETIME", arity: 2, access: "read", keys: firstKey },
  { name: "PTTL", arity: 2, access: "read", keys: firstKey },
  { name: "TTL", arity: 2, access: "read", keys: firstKey },
];
