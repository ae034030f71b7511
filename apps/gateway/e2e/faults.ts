import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * What only the owner of a cluster can do. FLEET_E2E_FAULTS names a program that takes `pause-api-server`, `resume-api-server` or
 * `kill-node NAME`.
 */
export const faults: string | undefined = process.env["FLEET_E2E_FAULTS"];

export async function fault(...words: readonly string[]): Promise<void> {
  if (faults === undefined) throw new Error("FLEET_E2E_FAULTS names no program");
  await run(faults, words);
}
