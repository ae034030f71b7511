import { firstKey, firstTwoKeys, type CommandRow } from "../command-row.ts";

/** Geo. GEORADIUS and GEORADIUSBYMEMBER take STORE anywhere and more than once; GEOSEARCH and GEOSEARCHSTORE do the same work. */
export const geo: readonly CommandRow[] = [
  { name: "GEOADD", arity: -5, access: "write", keys: firstKey },
  { name: "GEODIST", arity: -4, access: "read", keys: firstKey },
  { name: "GEOHASH", arity: -2, access: "read", keys: firstKey },
  { name: "GEOPOS", arity: -2, access: "read", keys: firstKey },
  { name: "GEORADIUS", arity: -6, access: "write", dedicated: "hidden-keys" },
  { name: "GEORADIUSBYMEMBER", arity: -5, access: "write", dedicated: "hidden-keys" },
  { name: "GEORADIUSBYMEMBER_RO", arity: -5, access: "read", keys: firstKey },
  { name: "GEORADIUS_RO", arity: -6, access: "read", keys: firstKey },
  { name: "GEOSEARCH", arity: -7, access: "read", keys: firstKey },
  { name: "GEOSEARCHSTORE", arity: -8, access: "write", keys: firstTwoKeys },
];
