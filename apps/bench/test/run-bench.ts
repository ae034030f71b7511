import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

import { Program } from "@fleet/testkit";
import type { Ended } from "@fleet/testkit";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** Runs the bench until it and all that it has started are gone. */
export async function bench(
  args: readonly string[],
  meanwhile?: (program: Program) => Promise<void>,
): Promise<Ended> {
  await using program = new Program({ args: ["--conditions=@fleet/source", main, ...args], cwd: tmpdir() });
  await meanwhile?.(program);
  return await program.gone();
}
