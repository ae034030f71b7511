import { isText, isTextName, passwordInText } from "./password-in-text.ts";
import type { FoundPassword } from "./password-in-text.ts";
import { hasRedisWord } from "./pod-containers.ts";
import type { SecretPlace } from "./pod-secrets.ts";
import { isFileName, rankOf } from "./variable-names.ts";

/** The values of a Secret that are not empty, by key. */
export type SecretValues = ReadonlyMap<string, string>;

/** A password, and the key that it was behind. */
export interface PasswordAt extends FoundPassword {
  readonly key: string;
  /** Whether a configuration says that it is the password, rather than the name of its key. */
  readonly isCertain?: true;
}

/**
 * The password in a Secret whose keys the Pod does not name. Of several the likeliest, and of equals the first by name: the same
 * one at every dial.
 *
 * @param user whose password is wanted; the default user's where undefined.
 */
export function passwordIn(
  all: SecretValues,
  { keys = "files", prefix = "", items }: Pick<SecretPlace, "keys" | "prefix" | "items">,
  user: string | undefined,
): PasswordAt | undefined {
  if (keys === "variables") return bestOf(all, (key) => rankOfVariable(prefix + key));
  const values = items === undefined ? all : renamed(all, items);
  const keyOf = (file: string): string => items?.find(({ path }) => path === file)?.key ?? file;
  const found = passwordInFiles(values, keys, user);
  return found && { ...found, key: keyOf(found.key) };
}

function passwordInFiles(
  values: SecretValues,
  keys: "files" | "own files" | "users",
  user: string | undefined,
): PasswordAt | undefined {
  const isUsers = keys === "users";
  const own = user === undefined ? [] : [`${user}-password`, ...(isUsers ? [user] : [])];
  const key = own.find((name) => values.has(name));
  if (key !== undefined) return { username: user!, password: values.get(key)!, key };
  for (const [name, value] of inOrder(values)) {
    const found = isText(value) ? passwordInText(value, user) : undefined;
    if (found !== undefined) return { ...found, key: name, isCertain: true };
  }
  if (isUsers) return ofUsers(values) ?? bestOf(values, (name) => rankOfFile(name, true));
  return bestOf(values, (name) => rankOfFile(name, keys === "own files"));
}

/** One key per user: the default user's, else the only one's, as nothing else it could be. */
function ofUsers(values: SecretValues): PasswordAt | undefined {
  const own = ["default-password", "default"].find((key) => values.has(key));
  if (own !== undefined) return { password: values.get(own)!, key: own };
  if ([...values.keys()].some((key) => rankOfFile(key, false) !== undefined)) return undefined;
  const [only, ...others] = [...values].filter(
    ([key, value]) => !isTextName(key) && !isText(value) && !/acl|config|\.crt$|\.key$|\.pem$/i.test(key),
  );
  if (only === undefined || others.length > 0) return undefined;
  return { username: only[0].replace(/-password$/, ""), password: only[1], key: only[0] };
}

/** Of the keys the likeliest, with the user that a key of Redis' own name beside it says. */
function bestOf(values: SecretValues, rank: (key: string) => number | undefined): PasswordAt | undefined {
  const [best] = inOrder(values)
    .flatMap(([key, value]) => {
      const likely = isTextName(key) || isText(value) ? undefined : rank(key);
      return likely === undefined ? [] : [{ key, rank: likely }];
    })
    .toSorted((a, b) => a.rank - b.rank);
  return (
    best && {
      ...(hasRedisWord(best.key) ? withUser(values, best.key)! : { password: values.get(best.key)! }),
      key: best.key,
    }
  );
}

/** A key that is no name of a variable is none: the kubelet leaves it out. */
function rankOfVariable(name: string): number | undefined {
  return /^[A-Za-z_]\w*$/.test(name) && !isFileName(name) ? rankOf(name, false) : undefined;
}

const files: readonly string[] = [
  "redis-password",
  "valkey-password",
  "requirepass",
  "redis-pass",
  "valkey-pass",
  "redis-auth",
  "valkey-auth",
];

/** Of a file, dashes, underscores, dots and letter cases being alike. @param isOwn whether the Secret is Redis' alone. */
function rankOfFile(file: string, isOwn: boolean): number | undefined {
  const name = file.toLowerCase().replaceAll(/[_.]/g, "-");
  const known = files.indexOf(name);
  if (known !== -1) return known;
  if (/sentinel|exporter|tls|ssl|backup|user(?:name)?$/.test(name)) return undefined;
  const isPassword = /(?:^|-)(?:password|passwd|pass|auth|requirepass|pwd?)$/.test(name);
  if (isPassword && hasRedisWord(name)) return /master|primary|repl/.test(name) ? 300 : 100;
  if (!isOwn || !isPassword) return undefined;
  if (name === "password") return 200;
  return /^(?:auth|pass|passwd|pwd?)$/.test(name) ? 201 : foreign.test(name) ? undefined : 202;
}

/** Passwords of something else, in a Secret that is called after Redis for whatever reason. */
const foreign =
  /(?:^|-)(?:postgres\w*|pg|mysql|mariadb|mongo\w*|db|database|sql|smtp|mail|ldap|kafka|rabbitmq|amqp|minio|s3|jwt|oauth|oidc|admin|http|git|registry)(?:-|$)/;

function inOrder(values: SecretValues): readonly (readonly [string, string])[] {
  return [...values].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function renamed(values: SecretValues, items: NonNullable<SecretPlace["items"]>): SecretValues {
  return new Map(
    items.flatMap(({ key, path }) => {
      const value = values.get(key);
      return value === undefined ? [] : [[path, value] as const];
    }),
  );
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
