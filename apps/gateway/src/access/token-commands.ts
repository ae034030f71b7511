import { isDeepStrictEqual } from "node:util";

import type { Config, TokenConfig } from "../config/config-schema.ts";
import { ConfigurationError } from "../errors.ts";
import { createToken } from "../token-secret.ts";
import { addToken, revokeToken } from "./token-file.ts";

/** What the command line may do with tokens. */
export type TokenAction =
  | {
      readonly run: "token-create";
      readonly json: boolean;
      /** The entry for the configuration, without its digest; without a name none is wanted. */
      readonly entry: Partial<Omit<TokenConfig, "digest">>;
      readonly file: string | undefined;
    }
  | { readonly run: "token-list"; readonly json: boolean; readonly file: string | undefined }
  | { readonly run: "token-revoke"; readonly name: string; readonly file: string | undefined };

/** Reads a configuration file with everything that the environment says beside it. */
type Load = (file: string | undefined) => Promise<{ readonly config: Config }>;

/**
 * Does it, and answers what to print.
 *
 * @param usualFile the file that the environment names, where the command line names none.
 * @throws ConfigurationError
 */
export async function runTokenAction(
  action: TokenAction,
  load: Load,
  usualFile: string | undefined,
): Promise<string> {
  if (action.run === "token-create") return create(action, load);
  if (action.run === "token-list") return list((await load(action.file)).config.tokens, action.json);
  const { name, file = usualFile } = action;
  if (file === undefined)
    throw new ConfigurationError(["token revoke: --config is missing, which names the file"]);
  await revokeToken(file, name, load);
  return `revoked: ${name}; a running gateway reads ${file} again by itself or on SIGHUP\n`;
}

async function create(
  { json, entry, file }: Extract<TokenAction, { run: "token-create" }>,
  load: Load,
): Promise<string> {
  const made = createToken();
  if (entry.name === undefined) {
    if (Object.keys(entry).length > 0 || file !== undefined)
      throw new ConfigurationError([
        "token create: --name is missing, which an entry in the configuration has",
      ]);
    return json ? `${JSON.stringify(made)}\n` : `token:  ${made.token}\ndigest: ${made.digest}\n`;
  }
  // Checked as the whole file is where it is added; alone, its shape is what the command line gave it.
  const token = { name: entry.name, digest: made.digest, rights: "full", ...entry } as TokenConfig;
  if (file !== undefined)
    await addToken(file, token, async (path) => {
      const { tokens } = (await load(path)).config;
      if (!tokens.some(({ digest }) => isDeepStrictEqual(digest, made.digest)))
        throw new ConfigurationError([`${file}: its tokens do not count, as the environment has others`]);
    });
  if (json) return `${JSON.stringify({ ...made, entry: token })}\n`;
  const where = file === undefined ? `entry:  ${JSON.stringify(token)}\n` : `added to ${file}\n`;
  return `token:  ${made.token}\n${where}`;
}

function list(tokens: readonly TokenConfig[], json: boolean): string {
  if (json) return `${JSON.stringify(tokens.map((token) => ({ ...token, digest: undefined })))}\n`;
  const rows = tokens.map(({ name, rights, targets, project, dedicated, allows = [] }) => [
    name,
    rights,
    rights === "admin" ? "-" : targets === "*" ? "*" : targets.join(","),
    project ?? (dedicated === true ? "dedicated" : "-"),
    allows.join(",") || "-",
  ]);
  const table = [["NAME", "RIGHTS", "TARGETS", "PROJECT", "ALLOWS"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
