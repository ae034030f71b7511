import { hash } from "node:crypto";

import { ConfigurationError } from "./errors.ts";

/**
 * The digest of a token that was piped in; one line break at its end is the shell's.
 *
 * @throws ConfigurationError when the token cannot be one: it has to fit into a header.
 */
export function digestOf(input: string): string {
  const token = input.replace(/\r?\n$/, "");
  if (!/^[!-~]{16,}$/.test(token))
    throw new ConfigurationError([
      "a token is at least 16 printable ASCII characters without spaces (`openssl rand -hex 32`)",
    ]);
  return hash("sha256", token);
}
