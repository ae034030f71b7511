import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { basename, delimiter, join } from "node:path";

import { endWithThis } from "@fleet/testkit";

/** The path of a program on PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The environment without the settings that a gateway would take from it. */
export function plainEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("FLEET_")));
}

/** Runs a program to its end and answers what it printed; another exit code is an error with the end of its complaints. */
export async function runProgram(
  [path, ...args]: readonly [program: string, ...args: string[]],
  { signal, exitCode = 0 }: { readonly signal?: AbortSignal | undefined; readonly exitCode?: number } = {},
): Promise<string> {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], ...(signal && { signal }) });
  endWithThis(child);
  let printed = "";
  let complained = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complained += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== exitCode)
    throw new Error(`${basename(path)} ended with ${code}: ${(complained || printed).trim().slice(-500)}`);
  return printed;
}
