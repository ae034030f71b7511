import { hash, randomBytes } from "node:crypto";

import { ConfigurationError } from "./errors.ts";

/** A token as a caller holds it, and the digest by which the configuration knows it. */
export interface TokenSecret {
  /** `fleet_` and 43 characters of base64url: 256 random bits. */
  readonly token: string;
  /** SHA-256 of the token, in hex. */
  readonly digest: string;
}

/** Makes a token. Its prefix distinguishes it from a digest, and lets scanners of source code and logs find one that leaked. */
export function createToken(random: (size: number) => Buffer = randomBytes): TokenSecret {
  const token = `fleet_${random(32).toString("base64url")}`;
  return { token, digest: hash("sha256", token) };
}

/** Whether a text is a token that `createToken` made, or a header that carries one. */
export function isTokenShaped(text: string): boolean {
  return /^\s*(?:bearer\s+)?fleet_[A-Za-z0-9_-]{43}\s*$/i.test(text);
}

/** Whether a text has the shape of a digest. Tokens that other tools made can have it too. */
export function isDigestShaped(text: string): boolean {
  return /^[0-9a-fA-F]{64}$/.test(text);
}

/** What stands on standard input without the line break that a shell adds at its end. */
export function piped(input: string): string {
  return input.replace(/\r?\n$/, "");
}

/**
 * The digest of a token.
 *
 * @throws ConfigurationError when the text cannot be a token: it has to fit into a header.
 */
export function digestOf(token: string): string {
  if (!/^[!-~]{16,}$/.test(token))
    throw new ConfigurationError([
      "a token is at least 16 printable ASCII characters without spaces (`fleet-gateway token create` makes one)",
    ]);
  return hash("sha256", token);
}
