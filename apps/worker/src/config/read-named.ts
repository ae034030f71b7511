import { readFile } from "node:fs/promises";

import { ConfigurationError } from "../errors.ts";

/** Reads the file that a setting names. @throws ConfigurationError when it cannot be read. */
export async function readNamed(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown reason";
    throw new ConfigurationError([`${setting}: ${path} cannot be read (${code})`]);
  }
}
