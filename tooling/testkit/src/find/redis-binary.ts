import { execFile } from "node:child_process";
import { promisify } from "node:util";

export type Flavour = "redis" | "valkey";

/** A server program and what it says of itself. */
export interface RedisBinary {
  readonly path: string;
  /** As in `7.0.15`. */
  readonly version: string;
  readonly flavour: Flavour;
}

/** The oldest version that is accepted, unless a caller needs less. */
export const oldestVersion = "6.2";

const run = promisify(execFile);

/** Asks a program for its version; throws when it cannot be run, is no Redis or Valkey, or is too old. */
export async function inspectBinary(path: string, oldest: string = oldestVersion): Promise<RedisBinary> {
  let said: string;
  try {
    said = (await run(path, ["--version"], { timeout: 10_000 })).stdout;
  } catch (cause) {
    throw new Error(`${path} cannot be run (${reasonOf(cause)})`, { cause });
  }
  return { path, ...parseVersion(path, said, oldest) };
}

/** Reads what a server says of itself; throws when `who` is no Redis or Valkey, or too old. */
export function parseVersion(
  who: string,
  said: string,
  oldest: string = oldestVersion,
): Omit<RedisBinary, "path"> {
  const match = /^(Redis|Valkey) server v=(\d+\.\d+\.\d+)/i.exec(said);
  if (match === null)
    throw new Error(
      `${who} is not a Redis or Valkey server: it says ${JSON.stringify(said.split("\n")[0]!.slice(0, 80))}`,
    );
  const [, name, version] = match as unknown as [string, string, string];
  if (!isAtLeast(version, oldest))
    throw new Error(`${who} is ${name} ${version}; ${oldest} is the oldest that works here`);
  return { version, flavour: name.toLowerCase() as Flavour };
}

/** Whether a version is `oldest` or newer. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split(".").map(Number);
  return major !== oldestMajor ? major > oldestMajor : minor >= oldestMinor;
}

function reasonOf(error: unknown): string {
  const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
  return typeof code === "string" ? code : (stderr?.trim().split("\n")[0] ?? message);
}
