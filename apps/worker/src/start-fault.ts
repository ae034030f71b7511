import { ConfigurationError } from "./errors.ts";

/** Codes of what is wrong with the command line, the configuration or the job, and not with what they lead to. */
const wrongInput = new Set([
  "FLEET_BACKFILL_INVALID_OPTION",
  "FLEET_BACKFILL_MISMATCH",
  "FLEET_BACKFILL_PROTOCOL_MISMATCH",
  "FLEET_WORKER_JOB",
]);

/** What a command that fails prints, and its exit code: 2 for wrong input, 1 for anything else. */
export function startFault(error: unknown): { readonly lines: readonly string[]; readonly exitCode: 1 | 2 } {
  if (error instanceof ConfigurationError)
    return {
      lines: [`fleet-worker: ${error.code}`, ...error.faults.map((fault) => `config: ${fault}`)],
      exitCode: 2,
    };
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const reason = [code, message].filter((part) => typeof part === "string" && part !== "").join(" ");
  return {
    lines: [`fleet-worker: ${reason === "" ? "unknown reason" : reason}`],
    exitCode: typeof code === "string" && wrongInput.has(code) ? 2 : 1,
  };
}
