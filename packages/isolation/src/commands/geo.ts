import { firstKey, firstTwoKeys, type CommandRow } from "../command-row.ts";

/** Geo. GEORADIUS and GEORADIUSBYMEMBER take STORE anywhere and more than once, and the server checks the first. */
export const geo: readonly CommandRow[] = [
  { name: "GEOADD", arity: -5, access: "write", keys: firstKey },
  { name: "GEODIST", arity: -4, access: "read", keys: firstKey },
  { name: "GEOHASH", arity: -2, access: "read", keys: firstKey },
  { name: "GEOPOS", arity: -2, access: "read", keys: firstKey },
  { name: "GEORADIUS", arity: -6, access: "write", keys: { kind: "geo", options: 6 }, privileged: true },
  {
    name: "GEORADIUSBYMEMBER",
    arity: -5,
    access: "write",
    keys: { kind: "geo", options: 5 },
    privileged: true,
  },
  { name: "GEORADIUSBYMEMBER_RO", arity: -5, access: "read", keys: firstKey },
  { name: "GEORADIUS_RO", arity: -6, access: "read", keys: firstKey },
  { name: "GEOSEARCH", arity: -7, access: "read", keys: firstKey },
  { name: "GEOSEARCHSTORE", arity: -8, access: "write", keys: firstTwoKeys },
];
