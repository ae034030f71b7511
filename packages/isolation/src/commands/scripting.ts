import { countedBehindScript, noKeys, type CommandRow } from "../command-row.ts";

/**
 * Scripts and functions: for the owner of the instance, and those that run or load a script for projects whose namespace grants it.
 * SCRIPT EXISTS is a write: loaded scripts are not replicated, so only the server that loaded them can answer.
 */
export const scripting: readonly CommandRow[] = [
  { name: "EVAL", arity: -3, access: "write", keys: countedBehindScript, needs: "scripts" },
  { name: "EVAL_RO", arity: -3, access: "read", keys: countedBehindScript, needs: "scripts" },
  { name: "EVALSHA", arity: -3, access: "write", keys: countedBehindScript, needs: "scripts" },
  { name: "EVALSHA_RO", arity: -3, access: "read", keys: countedBehindScript, needs: "scripts" },
  { name: "FCALL", arity: -3, access: "write", keys: countedBehindScript, needs: "scripts" },
  { name: "FCALL_RO", arity: -3, access: "read", keys: countedBehindScript, needs: "scripts" },
  { name: "FUNCTION DELETE", arity: 3, access: "write", dedicated: "scripting" },
  { name: "FUNCTION FLUSH", arity: -2, access: "write", dedicated: "scripting" },
  { name: "FUNCTION KILL", arity: 2, access: "write", dedicated: "scripting" },
  { name: "FUNCTION LIST", arity: -2, access: "read", dedicated: "scripting" },
  { name: "FUNCTION LOAD", arity: -3, access: "write", dedicated: "scripting" },
  { name: "FUNCTION STATS", arity: 2, access: "read", dedicated: "scripting" },
  { name: "SCRIPT EXISTS", arity: -3, access: "write", keys: noKeys, needs: "scripts" },
  { name: "SCRIPT FLUSH", arity: -2, access: "write", dedicated: "scripting" },
  { name: "SCRIPT KILL", arity: 2, access: "write", dedicated: "scripting" },
  { name: "SCRIPT LOAD", arity: 3, access: "write", keys: noKeys, needs: "scripts" },
];
