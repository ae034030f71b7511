import { execFile } from "node:child_process";

export interface RanScript {
  /** The exit code; null when a signal ended the process. */
  readonly code: number | null;
  /** What it wrote to stdout. */
  readonly output: string;
}

/**
 * Runs the source of a module in a process of its own, which sees the sources of the packages, until the process has ended.
 *
 * @param folder from where its imports are resolved.
 * @param env added to this process's environment.
 */
export function ranScript(
  source: string,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RanScript> {
  const args = ["--conditions=@fleet/source", "--input-type=module", "--eval", source];
  const options = { cwd: folder, env: { ...process.env, ...env }, timeout: 50_000 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, options, (_error, output) =>
      resolve({ code: child.exitCode, output }),
    );
  });
}
