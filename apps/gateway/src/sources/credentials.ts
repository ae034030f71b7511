import { readFile } from "node:fs/promises";

import type { CredentialsResolver } from "@fleet/client";
import type { KubernetesSecrets } from "@fleet/discovery/kubernetes";

import { decoded } from "../config/redis-url.ts";
import { CredentialsError } from "../errors.ts";
import type { Credentials, Wanted } from "./found-credentials.ts";
import { Places } from "./places.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads `secret:` and `pod:` references; undefined where Kubernetes is not configured. */
type Secrets =
  | (Pick<KubernetesSecrets, "resolve"> & Partial<Pick<KubernetesSecrets, "passwords">>)
  | undefined;

/**
 * Turns references into credentials, anew at every dial: a rotated secret is picked up without a restart. This and `config.ts` are
 * the two places that read the environment.
 */
export function credentialsFrom(
  environment: Environment,
  secrets: Secrets,
  now: () => number = () => performance.now(),
): CredentialsResolver {
  const places = new Places((reference, wanted) => findSecret(reference, environment, secrets, wanted), now);
  return async ({ username, password }, _instance, { isRefused, took, port } = { isRefused: false }) => {
    if (password === undefined) return username === undefined ? undefined : { username };
    const found = await (typeof password === "string"
      ? resolveSecret(password, environment, secrets, { username, port })
      : places.first(password, isRefused, { username, port }, took));
    if (typeof password === "string") took?.(password);
    if (found !== undefined) return username === undefined ? found : named(found, username);
    // Nothing that was guessed is there: a Redis without a password. But an account that was named has one.
    if (username === undefined) return undefined;
    throw new CredentialsError(
      `there is no password for the user name: none of ${[password].flat().join(", ")}`,
    );
  };
}

function named({ next, ...found }: Credentials, username: string): Credentials {
  return {
    ...found,
    username,
    ...(next !== undefined && {
      next: async () => {
        const other = await next();
        return other && named(other, username);
      },
    }),
  };
}

/**
 * What stands behind a reference that must lead somewhere.
 *
 * @throws CredentialsError when it does not; what `KubernetesSecrets.resolve` throws.
 */
export async function resolveSecret(
  reference: string,
  environment: Environment,
  secrets: Secrets,
  wanted: Wanted = {},
): Promise<Credentials> {
  const found = await findSecret(reference, environment, secrets, wanted);
  if (found === undefined) throw new CredentialsError(`${reference} ${nowhere[reference.split(":")[0]!]!}`);
  return found;
}

const nowhere: Readonly<Record<string, string>> = {
  env: "is not set or empty",
  file: "does not exist or is empty",
  secret: "does not exist",
  pod: "does not exist, or names no Secret with a password",
};

/**
 * What stands behind a reference, if it exists; one line break at a file's end is not part of it.
 *
 * @param wanted whose password, where an instance names a user: a Pod may know those of several.
 */
export async function findSecret(
  reference: string,
  environment: Environment,
  secrets: Secrets,
  { username, port }: Wanted = {},
): Promise<Credentials | undefined> {
  const colon = reference.indexOf(":");
  const where = reference.slice(colon + 1);
  switch (where === "" ? "" : reference.slice(0, colon)) {
    case "env":
      return credentials(passwordIn(environment[where], reference));
    case "file":
      return credentials(await readSecretFile(where));
    case "secret":
    case "pod":
      if (secrets === undefined)
        throw new CredentialsError(`${reference} is in Kubernetes, and \`kubernetes\` is not configured`);
      if (secrets.passwords !== undefined && reference.startsWith("pod:"))
        return fromPod(secrets.passwords(reference, { username, port }));
      return secrets.resolve(reference, username === undefined ? {} : { username });
    default:
      // What is no reference may be the secret itself, so it is not repeated.
      throw new CredentialsError(
        "a secret is referred to as env:NAME, file:/path, secret:NAMESPACE/NAME/KEY or pod:NAMESPACE/NAME",
      );
  }
}

async function fromPod(
  passwords: ReturnType<KubernetesSecrets["passwords"]>,
): Promise<Credentials | undefined> {
  const { done, value } = await passwords.next();
  if (done === true) return undefined;
  const { credentials: found, place, isGuess } = value;
  return {
    ...found,
    ...(isGuess && { isGuess }),
    ...(place !== undefined && { place }),
    next: () => fromPod(passwords),
  };
}

function credentials(password: string | undefined): Credentials | undefined {
  return password === undefined || password === "" ? undefined : { password };
}

/** Of a variable that holds the URL of a Redis, the password in that. */
function passwordIn(text: string | undefined, reference: string): string | undefined {
  const url = text === undefined || !/^rediss?:\/\//.test(text) ? null : URL.parse(text);
  if (url === null) return text;
  const password = decoded(url.password);
  if (password === undefined)
    throw new CredentialsError(
      `${reference} is a URL in which the password is not percent-encoded (% is %25)`,
    );
  return password;
}

async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
    if (code === "ENOENT") return undefined;
    throw new CredentialsError(`file:${path} cannot be read (${code})`);
  }
}
