import { createHash } from "node:crypto";

/** What the server stores of a password, and all that a rule says of it: its SHA-256 in hexadecimal. */
export function hashOf(password: string): string {
  return createHash("sha256").update(password).digest("hex");
}
