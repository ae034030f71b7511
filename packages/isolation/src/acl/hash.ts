import { createHash, createHmac } from "node:crypto";

/** What the server stores of a password, and all that a rule says of it: its SHA-256 in hexadecimal. */
export function hashOf(password: string): string {
  return createHash("sha256").update(password).digest("hex");
}

/**
 * The password of a project's user, made of one secret and the project's id (HMAC with SHA-256), so that none has to be kept anywhere:
 * what has the secret can make them all, what has one of them can make no other.
 */
export function passwordOf(project: string, secret: string): string {
  return createHmac("sha256", secret).update(`fleet-acl-user:${project}`).digest("base64url");
}
