import { containersOf, plainValue, reference, secretOfFile, secretsOf, textOf } from "./pod-spec.ts";
import type { ContainerLike, PodLike, SecretOfVolume, VariableLike, VolumeLike } from "./pod-spec.ts";

/** Where a Pod takes its password from: a key of a Secret, or a whole Secret whose keys say which of them it is. */
export interface SecretPlace {
  /** The Secret, in the Pod's namespace. */
  readonly name: string;
  /** Undefined where only the Secret itself can say: see `keys`. */
  readonly key?: string;
  /**
   * How the key is found. `variables`: those of a container's environment, behind `prefix`. `files`: files of a password, of users
   * or of a configuration. `users`: one key per user.
   */
  readonly keys?: "variables" | "files" | "users";
  readonly prefix?: string;
  /** Whether the key may be missing: the next place is looked at then. */
  readonly optional: boolean;
  /** The user whose password it is. @default the default user, or what the Secret says beside it */
  readonly username?: string | { readonly name: string; readonly key: string };
}

/** A password that stands in the Pod itself. */
export interface PlainPlace {
  readonly value: string;
  readonly username?: SecretPlace["username"];
}

export type PasswordPlace = SecretPlace | PlainPlace;

/** What charts and operators call the variable, the likeliest first. */
export const variables: readonly string[] = [
  "REDIS_PASSWORD",
  "VALKEY_PASSWORD",
  "REDISCLI_AUTH",
  "VALKEYCLI_AUTH",
  "DFLY_requirepass",
  "KEYDB_PASSWORD",
  "REDIS_PASS",
  "REDIS_AUTH",
];

/**
 * Where the Redis of a Pod takes its password from, in the order in which the places count: what its command line requires; the
 * variables of its containers, the likeliest names first, then those of `envFrom`; files that variables name; Secrets that are
 * mounted; the same of its init containers; and at last what a sidecar says together with its user.
 */
export function passwordPlaces(pod: unknown): readonly PasswordPlace[] {
  const { servers, init, sidecars } = containersOf(pod as PodLike);
  const volumes = (pod as PodLike).spec?.volumes ?? [];
  const own = [...servers, ...init].flatMap((container) => fromEnvironment(container, volumes));
  const mounted = fromVolumes(pod as PodLike, [...servers, ...init], sidecars);
  const places = unique([...own, ...mounted]);
  const known = new Set(places.flatMap((place) => ("name" in place ? [place.name] : [])));
  return unique([...places, ...sidecars.flatMap((sidecar) => fromSidecar(sidecar, known))]);
}

function fromEnvironment(container: ContainerLike, volumes: readonly VolumeLike[]): readonly PasswordPlace[] {
  const named = (container.env ?? [])
    .filter(({ name }) => name !== undefined && rankOf(name) !== undefined)
    .toSorted((a, b) => rankOf(a.name!)! - rankOf(b.name!)!);
  return [
    ...fromCommandLine(container),
    ...named.filter(({ name }) => !isFile(name!)).flatMap((variable) => fromVariable(container, variable)),
    ...fromWholeSecrets(container),
    ...named
      .filter(({ name }) => isFile(name!))
      .flatMap(({ name, value = "" }) => {
        const found = secretOfFile(container, volumes, value);
        return found === undefined ? [] : [{ ...found, optional: false, ...userBeside(container, name!) }];
      }),
  ];
}

const required = /(?:^|[\s"'])(?:--)?requirepass(?:\s+|=)(?:"([^"]+)"|'([^']+)'|([^\s"']+))/;

/** `--requirepass $(REDIS_PASSWORD)`, whatever the variable is called, and whether a shell or the kubelet puts it in. */
function fromCommandLine(container: ContainerLike): readonly PasswordPlace[] {
  const groups = required.exec(textOf(container));
  const text = groups?.[1] ?? groups?.[2] ?? groups?.[3];
  if (text === undefined) return [];
  const name = reference(text);
  if (name === undefined) return text.includes("$") ? [] : [{ value: text }];
  const variable = container.env?.find((one) => one.name === name);
  if (variable !== undefined) return fromVariable(container, variable, true);
  return (container.envFrom ?? []).flatMap(({ prefix = "", secretRef }) =>
    name.startsWith(prefix) && secretRef?.name !== undefined
      ? [{ name: secretRef.name, key: name.slice(prefix.length), optional: true }]
      : [],
  );
}

/** @param isSure whatever it is called, it is the password. */
function fromVariable(
  container: ContainerLike,
  { name = "", value, valueFrom }: VariableLike,
  isSure = false,
): readonly PasswordPlace[] {
  const user = userBeside(container, name);
  const { name: secret, key, optional = false } = valueFrom?.secretKeyRef ?? {};
  if (secret !== undefined && key !== undefined) return [{ name: secret, key, optional, ...user }];
  if (value === undefined || value === "") return [];
  const other = reference(value);
  if (other !== undefined) {
    const variable = container.env?.find((one) => one.name === other && one.name !== name);
    return variable === undefined || reference(variable.value ?? "") !== undefined
      ? []
      : fromVariable(container, variable, true).map((place) => ({ ...place, ...user }));
  }
  if (!isSure && (!/(?:pass|password|passwd|auth)$/i.test(name) || isFlag(value))) return [];
  return [{ value, ...user }];
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
const users = /(?:^|[-_./])(?:users?|acl|auth)(?:$|[-_./])/i;

/** Secrets that the servers mount, those that no container mounts among them; what only a sidecar mounts is the sidecar's. */
function fromVolumes(
  { spec = {} }: PodLike,
  own: readonly ContainerLike[],
  sidecars: readonly ContainerLike[],
): readonly PasswordPlace[] {
  const mountsOf = (containers: readonly ContainerLike[], volume: VolumeLike): readonly string[] =>
    containers.flatMap(({ volumeMounts = [] }) =>
      volumeMounts.filter(({ name }) => name === volume.name).map(({ mountPath = "" }) => mountPath),
    );
  return (spec.volumes ?? []).flatMap((volume) => {
    const paths = mountsOf(own, volume);
    if (paths.length === 0 && mountsOf(sidecars, volume).length > 0) return [];
    const words = [volume.name ?? "", ...paths];
    if (words.some((word) => certificates.test(word))) return [];
    const keys = words.some((word) => users.test(word)) ? "users" : "files";
    return secretsOf(volume).flatMap((secret) => fromVolume(secret, keys));
  });
}

function fromVolume({ name, items }: SecretOfVolume, keys: "files" | "users"): readonly PasswordPlace[] {
  if (items === undefined) return [{ name, keys, optional: true }];
  return items
    .filter(({ key, path }) => isPasswordFile(path) || isPasswordFile(key))
    .map(({ key }) => ({ name, key, optional: false }));
}

/**
 * A sidecar may be another user, or know another server: it counts with the user that it names, or where its Secret is one that the
 * server itself takes its users from.
 */
function fromSidecar(container: ContainerLike, known: ReadonlySet<string>): readonly PasswordPlace[] {
  const places = variables.flatMap((name) =>
    (container.env ?? [])
      .filter((variable) => variable.name === name)
      .flatMap((variable) => fromVariable(container, variable)),
  );
  return places.filter((place) => place.username !== undefined || ("name" in place && known.has(place.name)));
}

/** `REDIS_USER`, `REDIS_USERNAME` beside `REDIS_PASSWORD`. */
function userBeside(container: ContainerLike, password: string): Pick<SecretPlace, "username"> {
  const stem = password.replace(/_FILE$/i, "").replace(/(?:PASSWORD|PASSWD|PASS|AUTH)$/i, "");
  for (const name of [`${stem}USERNAME`, `${stem}USER`]) {
    const ref = container.env?.find((one) => one.name === name)?.valueFrom?.secretKeyRef;
    if (ref?.name !== undefined && ref.key !== undefined)
      return { username: { name: ref.name, key: ref.key } };
    const username = plainValue(container, name);
    if (username !== undefined && username !== "" && !username.includes("$")) return { username };
  }
  return {};
}

const isFile = (name: string): boolean => /_FILE$/i.test(name);
const isFlag = (value: string): boolean => /^(?:true|false|yes|no|on|off|0|1)$/i.test(value);

/** How likely a variable of a server is its password, 0 the likeliest; undefined for what is none. */
export function rankOf(variable: string): number | undefined {
  const name = variable.replace(/_FILE$/i, "");
  const known = variables.indexOf(name);
  if (known !== -1) return known;
  if (!/pass|auth/i.test(name)) return undefined;
  // Of Sentinels, of keys of certificates, and switches.
  if (/sentinel|tls|ssl|empty|enabled|clients|required?$|method|author|user(?:name)?$|exporter/i.test(name))
    return undefined;
  // What a replica logs in to its primary with: mostly the same.
  if (/master|primary|repl/i.test(name)) return 300;
  return /pass/i.test(name) ? 100 : 200;
}

/** Whether a file of this name, or a key, is a password: `redis-password`, `auth`, `requirepass`. */
export function isPasswordFile(name: string): boolean {
  if (/sentinel|exporter|tls|ssl|user(?:name)?$/i.test(name)) return false;
  return /(?:^|[-_.])(?:password|passwd|pass|auth|requirepass)$/i.test(name) || /\.acl$/i.test(name);
}

function unique(places: readonly PasswordPlace[]): readonly PasswordPlace[] {
  const seen = new Set<string>();
  return places.filter((place) => {
    const text = JSON.stringify(place);
    return seen.size < seen.add(text).size;
  });
}
