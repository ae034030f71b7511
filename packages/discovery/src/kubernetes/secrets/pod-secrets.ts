import { meaningOf, optionIn, wordsOf } from "./command-line.ts";
import type { Word } from "./command-line.ts";
import { passwordInText } from "./password-in-text.ts";
import { containersOf, hasRedisWord, isNamedAfterRedis } from "./pod-containers.ts";
import { plainValue, probesOf, secretOfFile, secretsOf, variableOf } from "./pod-spec.ts";
import type {
  ContainerLike,
  MountLike,
  PodLike,
  SecretOfVolume,
  VariableLike,
  VolumeLike,
} from "./pod-spec.ts";
import { isFileName, isKnownName, isOwnName, rankOf } from "./variable-names.ts";

/** Where a Pod takes its password from: a key of a Secret, or a whole Secret whose keys say which of them it is. */
export interface SecretPlace {
  /** The Secret, in the Pod's namespace. */
  readonly name: string;
  /** Undefined where only the Secret itself can say: see `keys`. */
  readonly key?: string;
  /**
   * How the key is found. `variables`: those of a container's environment, behind `prefix`. `files`: files of a password, of users
   * or of a configuration. `own files`: likewise, of a Secret that is Redis' alone, so that any password is Redis'. `users`: one key
   * per user.
   */
  readonly keys?: "variables" | "files" | "own files" | "users";
  readonly prefix?: string;
  /** The keys that are files, under other names. @default all, under their own */
  readonly items?: SecretOfVolume["items"];
  /** Whether the key may be missing: the next place is looked at then. */
  readonly optional: boolean;
  /** The user whose password it is. @default the default user, or what the Secret says beside it */
  readonly username?: string | { readonly name: string; readonly key: string };
  /** Whether a name alone says that it is the password: the server may have none. */
  readonly isGuess?: true;
}

/** A password that stands in the Pod itself. */
export interface PlainPlace {
  readonly value: string;
  readonly username?: SecretPlace["username"];
  readonly isGuess?: true;
}

export type PasswordPlace = SecretPlace | PlainPlace;

/**
 * Where the Redis of a Pod takes its password from, in the order in which the places count: what its command line requires, or its
 * probes say; the variables of its containers, the likeliest names first, then those of `envFrom`; files that variables name; the
 * same of what ran before it; Secrets that are mounted; and at last what a sidecar says together with its user. None where its
 * command line says that there is no password.
 *
 * @param port that is dialed, where the Pod has several servers.
 */
export function passwordPlaces(pod: unknown, port?: number): readonly PasswordPlace[] {
  const { servers, init, sidecars } = containersOf(pod as PodLike, port);
  const volumes = (pod as PodLike).spec?.volumes ?? [];
  if (servers.length > 0 && servers.every(wantsNone)) return [];
  const own = servers.flatMap((container) => fromServer(container, volumes));
  const prepared = init.flatMap((container) => fromInit(container, volumes));
  const readers = [...servers, ...init.filter(isNamedAfterRedis)];
  const mounted = fromVolumes(volumes, readers, [...init, ...sidecars]);
  const places = unique([...own, ...prepared, ...mounted]);
  const known = new Set(places.flatMap((place) => ("name" in place ? [place.name] : [])));
  return unique([...places, ...sidecars.flatMap((sidecar) => fromSidecar(sidecar, known))]);
}

/** `--requirepass ""` */
function wantsNone(container: ContainerLike): boolean {
  return optionIn(wordsOf(container), "requirepass")?.text === "";
}

function fromServer(container: ContainerLike, volumes: readonly VolumeLike[]): readonly PasswordPlace[] {
  const masterauth = optionIn(wordsOf(container), "masterauth");
  const meaning = masterauth === undefined ? undefined : meaningOf(masterauth);
  const ofPrimary = meaning?.is === "variable" && !isKnownName(meaning.name) ? meaning.name : undefined;
  const isOurs = (name: string): boolean => rankOf(name, true) !== undefined && name !== ofPrimary;
  return [
    ...fromCommandLine(container, volumes),
    ...fromProbes(container, volumes),
    ...guesses(fromEnvironment(container, volumes, isOurs)),
  ];
}

/** What ran before the server is mostly the application's: only what Redis' own names or a configuration say counts. */
function fromInit(container: ContainerLike, volumes: readonly VolumeLike[]): readonly PasswordPlace[] {
  const named = fromEnvironment({ ...container, envFrom: [] }, volumes, isOwnName);
  return [...fromCommandLine(container, volumes), ...guesses(named)];
}

function fromEnvironment(
  container: ContainerLike,
  volumes: readonly VolumeLike[],
  isOurs: (name: string) => boolean,
): readonly PasswordPlace[] {
  const named = [...new Set((container.env ?? []).map(({ name = "" }) => name))]
    .filter((name) => rankOf(name, true) !== undefined && isOurs(name))
    .toSorted((a, b) => rankOf(a, true)! - rankOf(b, true)!)
    .map((name) => variableOf(container, name)!);
  return [
    ...named.filter(({ name }) => !isFileName(name!)).flatMap((one) => fromVariable(container, one)),
    ...fromWholeSecrets(container),
    ...named
      .filter(({ name }) => isFileName(name!))
      .flatMap(({ name, value = "" }) => {
        const found = secretOfFile(container, volumes, value);
        return found === undefined ? [] : [{ ...found, optional: false, ...userBeside(container, name!) }];
      }),
  ];
}

/** `--requirepass $(REDIS_PASSWORD)`, whatever the variable is called: the default user's. Or `--user default on >...`. */
function fromCommandLine(container: ContainerLike, volumes: readonly VolumeLike[]): readonly PasswordPlace[] {
  const words = wordsOf(container);
  const required = optionIn(words, "requirepass");
  if (required !== undefined && required.text !== "") return fromWord(container, volumes, required);
  const user = optionIn(words, "user");
  const found = user === undefined ? undefined : passwordInText(`user ${user.text}`, undefined)?.password;
  return found === undefined || found.includes("$") ? [] : [{ value: found }];
}

/** `redis-cli -a $PASSWORD ping` */
function fromProbes(container: ContainerLike, volumes: readonly VolumeLike[]): readonly PasswordPlace[] {
  const said =
    /(?:redis|valkey|keydb)-cli(?:\s[^;&|]*?)?\s(?:-a|--pass)[\s=]+["']?(\$(?:\w+|\{\w+\}|\(\w+\)))/;
  const text = said.exec(probesOf(container))?.[1];
  return text === undefined ? [] : fromWord(container, volumes, { text, isShell: true });
}

function fromWord(
  container: ContainerLike,
  volumes: readonly VolumeLike[],
  word: Word,
): readonly PasswordPlace[] {
  const meaning = meaningOf(word);
  if (meaning.is === "text") return [{ value: meaning.text }];
  if (meaning.is === "unknown") return [];
  if (meaning.is === "file") {
    const path = meaning.path.startsWith("$")
      ? plainValue(container, meaning.path.replaceAll(/[${}()]/g, ""))
      : meaning.path;
    const found = path === undefined ? undefined : secretOfFile(container, volumes, path);
    return found === undefined ? [] : [{ ...found, optional: false }];
  }
  const { name, text } = meaning;
  const literal = text === undefined ? [] : [{ value: text }];
  const variable = variableOf(container, name);
  if (variable !== undefined) return [...valueOf(container, variable), ...literal];
  const whole = (container.envFrom ?? [])
    .toReversed()
    .flatMap(({ prefix = "", secretRef }) =>
      name.startsWith(prefix) && secretRef?.name !== undefined
        ? [{ name: secretRef.name, key: name.slice(prefix.length), optional: true }]
        : [],
    );
  return [...whole, ...literal];
}

/** What a variable that is known to be the password is set to. */
function valueOf(
  container: ContainerLike,
  { name, value, valueFrom }: VariableLike,
): readonly PasswordPlace[] {
  const { name: secret, key, optional = false } = valueFrom?.secretKeyRef ?? {};
  if (secret !== undefined && key !== undefined) return [{ name: secret, key, optional }];
  if (value === undefined || value === "") return [];
  const meaning = meaningOf({ text: value, isShell: false });
  if (meaning.is === "text") return [{ value: meaning.text }];
  if (meaning.is !== "variable") return [];
  const other = meaning.name === name ? undefined : variableOf(container, meaning.name);
  if (other === undefined) return meaning.text === undefined ? [] : [{ value: meaning.text }];
  return other.value?.includes("$(") === true ? [] : valueOf(container, other);
}

/** What a variable is set to that only its name says to be the password. */
function fromVariable(container: ContainerLike, variable: VariableLike): readonly PasswordPlace[] {
  const { name = "", value } = variable;
  if (value !== undefined && isFlag(value)) return [];
  return valueOf(container, variable).map((place) => ({ ...place, ...userBeside(container, name) }));
}

/** `envFrom` makes a variable of every key, so only the Secret knows whether it has one of ours. */
function fromWholeSecrets({ envFrom = [] }: ContainerLike): readonly PasswordPlace[] {
  return envFrom.flatMap(({ prefix = "", secretRef }) =>
    secretRef?.name === undefined
      ? []
      : [{ name: secretRef.name, keys: "variables", prefix, optional: true }],
  );
}

const certificates = /(?:^|[-_./])(?:tls|ssl|certs?|certificates?|crt|ca)(?:$|[-_./\d])/i;
/** The volumes of valkey-helm's Secrets with one key per user. */
const users = /(?:^|-)valkey-(?:users|auth)-secret$/;

/** Secrets that the servers mount, those that no container mounts among them; what only others mount is theirs. */
function fromVolumes(
  volumes: readonly VolumeLike[],
  own: readonly ContainerLike[],
  others: readonly ContainerLike[],
): readonly PasswordPlace[] {
  const mountsOf = (containers: readonly ContainerLike[], volume: VolumeLike): readonly MountLike[] =>
    containers.flatMap(({ volumeMounts = [] }) => volumeMounts.filter(({ name }) => name === volume.name));
  return volumes.flatMap((volume) => {
    const mounts = mountsOf(own, volume);
    if (mounts.length === 0 && mountsOf(others, volume).length > 0) return [];
    const { name: title = "" } = volume;
    const paths = mounts.map(({ mountPath = "" }) => mountPath);
    if ([title, ...paths].some((word) => certificates.test(word))) return [];
    const isOwn =
      hasRedisWord(title) || paths.some((path) => hasRedisWord(path.split("/").findLast(Boolean) ?? ""));
    return secretsOf(volume).map(({ name, items }): PasswordPlace => {
      const files = isOwn || hasRedisWord(name) ? "own files" : "files";
      const keys = users.test(title) ? "users" : files;
      return { name, keys, ...(items && { items }), optional: true };
    });
  });
}

/**
 * A sidecar may be another user, or know another server: it counts with the user that it names, or where its Secret is one that the
 * server itself takes its users from.
 */
function fromSidecar(container: ContainerLike, known: ReadonlySet<string>): readonly PasswordPlace[] {
  const places = (container.env ?? [])
    .filter(({ name = "" }) => isKnownName(name))
    .toSorted((a, b) => rankOf(a.name!, false)! - rankOf(b.name!, false)!)
    .flatMap((variable) => fromVariable(container, variable));
  return guesses(places).filter(
    (place) => place.username !== undefined || ("name" in place && known.has(place.name)),
  );
}

/** `REDIS_USER`, `REDIS_USERNAME` beside `REDIS_PASSWORD`; a `USER` beside a `PASSWORD` may be any. */
function userBeside(container: ContainerLike, password: string): Pick<SecretPlace, "username"> {
  if (!isOwnName(password)) return {};
  const stem = password.replace(/_FILE$/i, "").replace(/(?:PASSWORD|PASSWD|PASS|AUTH|PWD?)$/i, "");
  for (const name of [`${stem}USERNAME`, `${stem}USER`]) {
    const ref = variableOf(container, name)?.valueFrom?.secretKeyRef;
    if (ref?.name !== undefined && ref.key !== undefined)
      return { username: { name: ref.name, key: ref.key } };
    const username = plainValue(container, name);
    if (username !== undefined && username !== "" && !username.includes("$")) return { username };
  }
  return {};
}

const isFlag = (value: string): boolean => /^(?:true|false|yes|no|on|off|0|1)$/i.test(value);

function guesses(places: readonly PasswordPlace[]): readonly PasswordPlace[] {
  return places.map((place) => ({ ...place, isGuess: true }));
}

function unique(places: readonly PasswordPlace[]): readonly PasswordPlace[] {
  const seen = new Set<string>();
  return places.filter((place) => {
    const text = JSON.stringify({ ...place, isGuess: undefined });
    return seen.size < seen.add(text).size;
  });
}
