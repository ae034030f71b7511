import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** How a run came out. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the bench to its end; `watch` sees what it has printed so far. */
export async function bench(
  args: readonly string[],
  watch?: (out: string, interrupt: () => void) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, ["--conditions=@fleet/source", main, ...args], { cwd: tmpdir() });
  let out = "";
  let error = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    watch?.(out, () => child.kill("SIGINT"));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (error += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, error };
}
