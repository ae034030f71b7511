import { noKeys, type CommandRow } from "../command-row.ts";

/** What touches no data. */
export const connection: readonly CommandRow[] = [
  { name: "ECHO", arity: 2, access: "read", keys: noKeys },
  { name: "PING", arity: -1, access: "read", keys: noKeys },
  { name: "TIME", arity: 1, access: "read", keys: noKeys },
];
