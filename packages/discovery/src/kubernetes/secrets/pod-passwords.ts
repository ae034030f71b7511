import { passwordIn, withUser } from "./password-in-secret.ts";
import type { PasswordAt, SecretValues } from "./password-in-secret.ts";
import type { FoundPassword } from "./password-in-text.ts";
import { hasRedisWord } from "./pod-containers.ts";
import type { PasswordPlace, SecretPlace } from "./pod-secrets.ts";
import { isForbidden, keyMissing } from "./secret-error.ts";

/** A password that a Pod leads to. */
export interface PodPassword {
  readonly credentials: FoundPassword;
  /** `secret:NAMESPACE/NAME/KEY`; undefined where it stands in the Pod itself. */
  readonly place: string | undefined;
  /** Whether only the name of a variable or of a key says that it is the password: the server may have none. */
  readonly isGuess: boolean;
}

interface Wanted {
  readonly namespace: string;
  /** Whose password is wanted. */
  readonly username: string | undefined;
  /** What a Secret holds; undefined where there is none. */
  readonly read: (name: string) => Promise<SecretValues | undefined>;
}

/**
 * What the places lead to, in their order, none twice. One that may not be read is passed over.
 *
 * @throws why the first of them may not be read, or has no such key, where no other leads anywhere.
 */
export async function* passwordsAt(
  places: readonly PasswordPlace[],
  wanted: Wanted,
): AsyncGenerator<PodPassword, undefined> {
  const seen = new Set<string>();
  let forbidden: unknown;
  for (const place of places)
    try {
      const found = await passwordAt(place, wanted);
      const text = found && JSON.stringify(found.credentials);
      if (found === undefined || seen.size === seen.add(text!).size) continue;
      yield found;
    } catch (error) {
      if (seen.size > 0) return undefined;
      if (!isForbidden(error)) throw error;
      forbidden ??= error;
    }
  if (forbidden !== undefined && seen.size === 0) throw forbidden;
  return undefined;
}

async function passwordAt(place: PasswordPlace, wanted: Wanted): Promise<PodPassword | undefined> {
  const { username } = wanted;
  const user = await userOf(place, wanted);
  if (username !== undefined && user !== undefined && user !== username) return undefined;
  const isGuess = place.isGuess === true;
  const named = user === undefined ? {} : { username: user };
  if ("value" in place)
    return { credentials: { password: place.value, ...named }, place: undefined, isGuess };
  const found = await inSecret(place, wanted);
  if (found === undefined) return undefined;
  const { key, isCertain, ...credentials } = found;
  return {
    credentials: { ...credentials, ...named },
    place: `secret:${wanted.namespace}/${place.name}/${key}`,
    isGuess: isGuess || (place.key === undefined && isCertain !== true),
  };
}

async function userOf({ username }: PasswordPlace, { read }: Wanted): Promise<string | undefined> {
  if (username === undefined || typeof username === "string") return username;
  return (await read(username.name))?.get(username.key);
}

async function inSecret(
  place: SecretPlace,
  { namespace, username, read }: Wanted,
): Promise<PasswordAt | undefined> {
  const { name, key, optional, isGuess } = place;
  const values = await read(name);
  if (values === undefined) return undefined;
  if (key === undefined) return passwordIn(values, place, username);
  // What a server requires is the default user's, whatever stands beside it.
  const isNamed = isGuess === true && hasRedisWord(key);
  const password = values.get(key);
  const found = isNamed ? withUser(values, key) : password === undefined ? undefined : { password };
  if (found === undefined && !optional) throw keyMissing(`${namespace}/${name}`, key, [...values.keys()]);
  return found && { ...found, key };
}
