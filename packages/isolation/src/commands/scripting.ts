import type { CommandRow } from "../command-row.ts";

/**
 * Scripts, functions and messages, for the owner of the instance. SCRIPT EXISTS is a write: loaded scripts are not replicated, so only
 * the server that loaded them can answer.
 */
export const scripting: readonly CommandRow[] = [
  { name: "EVAL", arity: -3, access: "write", dedicated: "scripting" },
  { name: "EVAL_RO", arity: -3, access: "read", dedicated: "scripting" },
  { name: "EVALSHA", arity: -3, access: "write", dedicated: "scripting" },
  { name: "EVALSHA_RO", arity: -3, access: "read", dedicated: "scripting" },
  { name: "FCALL", arity: -3, access: "write", dedicated: "scripting" },
  { name: "FCALL_RO", arity: -3, access: "read", dedicated: "scripting" },
  { name: "FUNCTION DELETE", arity: 3, access: "write", dedicated: "scripting" },
  { name: "FUNCTION FLUSH", arity: -2, access: "write", dedicated: "scripting" },
  { name: "FUNCTION LIST", arity: -2, access: "read", dedicated: "scripting" },
  { name: "FUNCTION LOAD", arity: -3, access: "write", dedicated: "scripting" },
  { name: "FUNCTION STATS", arity: 2, access: "read", dedicated: "scripting" },
  { name: "PUBLISH", arity: 3, access: "write", dedicated: "pubsub" },
  { name: "SCRIPT EXISTS", arity: -3, access: "write", dedicated: "scripting" },
  { name: "SCRIPT FLUSH", arity: -2, access: "write", dedicated: "scripting" },
  { name: "SCRIPT LOAD", arity: 3, access: "write", dedicated: "scripting" },
];
