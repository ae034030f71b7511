import { isPasswordFile, rankOf } from "./pod-secrets.ts";
import type { SecretPlace } from "./pod-secrets.ts";

/** The values of a Secret that are not empty, by key. */
export type SecretValues = ReadonlyMap<string, string>;

export interface FoundPassword {
  readonly username?: string;
  readonly password: string;
}

const files: readonly string[] = ["redis-password", "valkey-password", "password", "requirepass", "auth"];

/**
 * The password in a Secret whose keys the Pod does not name. Of several the likeliest, and of equals the first by name: the same
 * one at every dial.
 *
 * @param user whose password is wanted; the default user's where undefined.
 */
export function passwordIn(
  values: SecretValues,
  { keys = "files", prefix = "" }: Pick<SecretPlace, "keys" | "prefix">,
  user: string | undefined,
): FoundPassword | undefined {
  const names = [...values.keys()].toSorted();
  if (keys === "variables") {
    const ranked = names
      .flatMap((key) => {
        const rank = rankOf(prefix + key);
        return rank === undefined || /_FILE$/i.test(key) ? [] : [{ key, rank }];
      })
      .toSorted((a, b) => a.rank - b.rank);
    const best = ranked[0]?.key;
    return best === undefined ? undefined : withUser(values, best);
  }
  if (user !== undefined) {
    const own = [`${user}-password`, user].find((key) => values.has(key));
    if (own !== undefined) return { username: user, password: values.get(own)! };
  }
  if (keys === "users") {
    const own = ["default-password", "default"].find((key) => values.has(key));
    if (own !== undefined) return { password: values.get(own)! };
  }
  const file = files.find((key) => values.has(key)) ?? (keys === "files" ? names.find(isWhole) : undefined);
  if (file !== undefined) return withUser(values, file);
  for (const key of names) {
    const found = isText(key) ? passwordInText(values.get(key)!, user) : undefined;
    if (found !== undefined) return found;
  }
  if (keys !== "users") return undefined;
  // One key per user, and one user: nothing else it could be.
  const [only, ...others] = names.filter(
    (key) => !isText(key) && !/acl|config|\.crt$|\.key$|\.pem$/i.test(key),
  );
  if (only === undefined || others.length > 0) return undefined;
  return { username: only.replace(/-password$/, ""), password: values.get(only)! };
}

/** Whether a key of this name is a configuration, or a list of users, rather than a password. */
export const isText = (key: string): boolean => /\.(?:acl|conf)$|^acl(?:[-_]?config|[-_]?file)?$/i.test(key);
const isWhole = (key: string): boolean => isPasswordFile(key) && !isText(key);

/** The password that a configuration or a list of users has in clear: of the user that is wanted, else of the default user. */
export function passwordInText(text: string, user: string | undefined): FoundPassword | undefined {
  const wanted = user ?? "default";
  for (const line of text.split(/\r?\n/)) {
    const [word, name, ...rules] = line.trim().split(/\s+/);
    if (word === "requirepass" && name !== undefined && wanted === "default")
      return { password: name.replace(/^(["'])(.*)\1$/, "$2") };
    if (word !== "user" || name !== wanted || rules.includes("off")) continue;
    const password = rules.findLast((rule) => rule.startsWith(">"));
    if (password !== undefined) return { username: name, password: password.slice(1) };
  }
  return undefined;
}

/** The password behind a key, and the user that the key beside it names. */
export function withUser(values: SecretValues, key: string): FoundPassword | undefined {
  const password = values.get(key);
  if (password === undefined) return undefined;
  const username = usernameKey(key);
  const user = username === undefined ? undefined : values.get(username);
  return { ...(user !== undefined && { username: user }), password };
}

/** `redis-password` -> `redis-username`; undefined where the key says nothing of a password. */
function usernameKey(key: string): string | undefined {
  const username = key.replace(/password$/, "username").replace(/PASSWORD$/, "USERNAME");
  return username === key ? undefined : username;
}
