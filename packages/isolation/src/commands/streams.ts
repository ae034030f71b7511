import { firstKey, secondKey, type CommandRow } from "../command-row.ts";

/** Streams, without BLOCK. */
export const streams: readonly CommandRow[] = [
  { name: "XACK", arity: -4, access: "write", keys: firstKey },
  { name: "XACKDEL", arity: -6, access: "write", keys: firstKey },
  { name: "XADD", arity: -5, access: "write", keys: firstKey },
  { name: "XAUTOCLAIM", arity: -6, access: "write", keys: firstKey },
  { name: "XCLAIM", arity: -6, access: "write", keys: firstKey },
  { name: "XDEL", arity: -3, access: "write", keys: firstKey },
  { name: "XDELEX", arity: -5, access: "write", keys: firstKey },
  { name: "XGROUP CREATE", arity: -5, access: "write", keys: secondKey },
  { name: "XGROUP CREATECONSUMER", arity: 5, access: "write", keys: secondKey },
  { name: "XGROUP DELCONSUMER", arity: 5, access: "write", keys: secondKey },
  { name: "XGROUP DESTROY", arity: 4, access: "write", keys: secondKey },
  { name: "XGROUP SETID", arity: -5, access: "write", keys: secondKey },
  { name: "XINFO CONSUMERS", arity: 4, access: "read", keys: secondKey },
  { name: "XINFO GROUPS", arity: 3, access: "read", keys: secondKey },
  { name: "XINFO STREAM", arity: -3, access: "read", keys: secondKey },
  { name: "XLEN", arity: 2, access: "read", keys: firstKey },
  { name: "XPENDING", arity: -3, access: "read", keys: firstKey },
  { name: "XRANGE", arity: -4, access: "read", keys: firstKey },
  { name: "XREAD", arity: -4, access: "read", keys: { kind: "streams", group: false }, names: "each-first" },
  {
    name: "XREADGROUP",
    arity: -7,
    access: "write",
    keys: { kind: "streams", group: true },
    names: "each-first",
  },
  { name: "XREVRANGE", arity: -4, access: "read", keys: firstKey },
  { name: "XSETID", arity: -3, access: "write", keys: firstKey },
  { name: "XTRIM", arity: -4, access: "write", keys: firstKey },
];
