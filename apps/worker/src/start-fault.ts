import { ConfigurationError } from "./errors.ts";

/** What is wrong with what it was told, not with what it met. */
const toldWrong = new Set(["FLEET_BACKFILL_INVALID_OPTION", "FLEET_BACKFILL_MISMATCH", "FLEET_WORKER_JOB"]);

/** What a command that fails says, and its exit code: 2 for what it was told, 1 for what it met. */
export function startFault(error: unknown): { readonly lines: readonly string[]; readonly exitCode: 1 | 2 } {
  if (error instanceof ConfigurationError)
    return {
      lines: [`fleet-worker: ${error.code}`, ...error.faults.map((fault) => `config: ${fault}`)],
      exitCode: 2,
    };
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const told = [code, message].filter((part) => typeof part === "string" && part !== "").join(" ");
  return {
    lines: [`fleet-worker: ${told === "" ? "unknown reason" : told}`],
    exitCode: typeof code === "string" && toldWrong.has(code) ? 2 : 1,
  };
}
