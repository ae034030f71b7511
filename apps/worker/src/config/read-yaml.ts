import { readFile } from "node:fs/promises";

import { YAMLError, parse } from "yaml";

import { ConfigurationError } from "../errors.ts";

/**
 * Reads a mapping of settings.
 *
 * @throws ConfigurationError, which never quotes the file: secrets may stand in it.
 */
export async function readYaml(path: string): Promise<Readonly<Record<string, unknown>>> {
  let text = "";
  try {
    text = await readFile(path, "utf8");
    const tree: unknown = parse(text, { prettyErrors: false }) ?? {};
    if (typeof tree === "object" && !Array.isArray(tree)) return tree as Record<string, unknown>;
  } catch (error) {
    throw new ConfigurationError([`${path}${told(error, text)}`]);
  }
  throw new ConfigurationError([`${path}: expected a mapping of settings`]);
}

function told(error: unknown, text: string): string {
  if (error instanceof YAMLError)
    return `:${text.slice(0, error.pos[0]).split("\n").length}: not YAML or JSON (${error.code})`;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined
    ? ": not YAML or JSON (it cannot be resolved)"
    : `: the configuration file cannot be read (${code})`;
}
