import { readFile } from "node:fs/promises";

import type { CredentialsReference } from "@fleet/discovery";

import { CredentialsError } from "./errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Turns references into credentials, anew at every dial: a rotated file is picked up without a restart. This and `config.ts` are
 * the two places that read the environment.
 */
export function credentialsFrom(
  environment: Environment,
): (reference: CredentialsReference) => Promise<{ username?: string; password?: string } | undefined> {
  return async ({ username, password }) => {
    if (username === undefined && password === undefined) return undefined;
    return {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined
        ? {}
        : { password: await resolveSecret([password].flat()[0]!, environment) }),
    };
  };
}

/**
 * The secret behind `env:NAME` or `file:/path`; one line break at a file's end is not part of it.
 *
 * @throws CredentialsError when there is none.
 */
export async function resolveSecret(reference: string, environment: Environment): Promise<string> {
  const colon = reference.indexOf(":");
  const kind = reference.slice(0, colon);
  const where = reference.slice(colon + 1);
  // What is no reference may be the secret itself, so it is not repeated.
  if (where === "" || (kind !== "env" && kind !== "file"))
    throw new CredentialsError("a secret is referred to as env:NAME or file:/path");
  const secret = kind === "env" ? environment[where] : await readSecretFile(where);
  if (secret === undefined || secret === "") throw new CredentialsError(`${reference} is not set or empty`);
  return secret;
}

async function readSecretFile(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
    throw new CredentialsError(`file:${path} cannot be read (${code})`);
  }
}
