import { everyThirdKey, firstKey, firstTwoKeys, type CommandRow } from "../../command-row.ts";

/** Time series, of the module RedisTimeSeries. What asks by labels asks all series of the server: it is the owner's. */
export const timeSeries: readonly CommandRow[] = [
  { name: "TS.ADD", arity: -4, access: "write", keys: firstKey },
  { name: "TS.ALTER", arity: -2, access: "write", keys: firstKey },
  { name: "TS.CREATE", arity: -2, access: "write", keys: firstKey },
  { name: "TS.CREATERULE", arity: -6, access: "write", keys: firstTwoKeys },
  { name: "TS.DECRBY", arity: -3, access: "write", keys: firstKey },
  { name: "TS.DEL", arity: -4, access: "write", keys: firstKey },
  { name: "TS.DELETERULE", arity: -3, access: "write", keys: firstTwoKeys },
  { name: "TS.GET", arity: -2, access: "read", keys: firstKey },
  { name: "TS.INCRBY", arity: -3, access: "write", keys: firstKey },
  { name: "TS.INFO", arity: -2, access: "read", keys: firstKey, names: "series-info" },
  { name: "TS.MADD", arity: -4, access: "write", keys: everyThirdKey },
  { name: "TS.MGET", arity: -3, access: "read", dedicated: "keyspace" },
  { name: "TS.MRANGE", arity: -4, access: "read", dedicated: "keyspace" },
  { name: "TS.MREVRANGE", arity: -4, access: "read", dedicated: "keyspace" },
  { name: "TS.QUERYINDEX", arity: -2, access: "read", dedicated: "keyspace" },
  { name: "TS.RANGE", arity: -4, access: "read", keys: firstKey },
  { name: "TS.REVRANGE", arity: -4, access: "read", keys: firstKey },
];
