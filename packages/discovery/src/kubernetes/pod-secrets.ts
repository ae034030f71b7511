/** Where a Pod takes its password from. */
export interface SecretPlace {
  /** The Secret, in the Pod's namespace. */
  readonly name: string;
  readonly key: string;
  /** Whether the key may be missing: the next place is looked at then. */
  readonly optional: boolean;
}

/** Of a Pod, what is read here; whatever the server sends may lack any of it. */
interface PodLike {
  readonly spec?: {
    readonly containers?: readonly ContainerLike[];
    readonly volumes?: readonly VolumeLike[];
  };
}

interface ContainerLike {
  readonly env?: readonly {
    readonly name?: string;
    readonly valueFrom?: { readonly secretKeyRef?: Partial<SecretPlace> };
  }[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly secretRef?: { readonly name?: string };
  }[];
  readonly volumeMounts?: readonly { readonly name?: string; readonly mountPath?: string }[];
}

interface SecretVolumeLike {
  readonly items?: readonly { readonly key?: string; readonly path?: string }[];
}

interface VolumeLike {
  readonly name?: string;
  readonly secret?: SecretVolumeLike & { readonly secretName?: string };
  readonly projected?: {
    readonly sources?: readonly { readonly secret?: SecretVolumeLike & { readonly name?: string } }[];
  };
}

/** What charts and operators call the variable, the likeliest first. */
const variables = ["REDIS_PASSWORD", "VALKEY_PASSWORD", "REDISCLI_AUTH", "DFLY_requirepass"] as const;
/** What the file is called below a folder `secrets`, as Bitnami's charts have it by default. */
const files: readonly string[] = ["redis-password", "valkey-password"];

/** Where the containers of a Pod take the password of its Redis from: their environment first, then the Secrets they mount. */
export function passwordPlaces(pod: unknown): readonly SecretPlace[] {
  const { containers = [], volumes = [] } = (pod as PodLike).spec ?? {};
  const named = containers.flatMap(fromVariables);
  const whole = containers.flatMap(fromWholeSecrets);
  const mounted = containers.flatMap((container) => fromVolumes(container, volumes));
  return [...named, ...whole, ...mounted];
}

function fromVariables({ env = [] }: ContainerLike): readonly SecretPlace[] {
  return variables.flatMap((variable) =>
    env
      .filter(({ name }) => name === variable)
      .flatMap(({ valueFrom }) => place(valueFrom?.secretKeyRef ?? {})),
  );
}

/** `envFrom` makes a variable of every key, so only the Secret knows whether it has one of ours. */
function fromWholeSecrets({ envFrom = [] }: ContainerLike): readonly SecretPlace[] {
  return envFrom.flatMap(({ prefix = "", secretRef }) =>
    variables
      .filter((variable) => variable.startsWith(prefix))
      .flatMap((variable) => place({ ...secretRef, key: variable.slice(prefix.length), optional: true })),
  );
}

function fromVolumes(
  { volumeMounts = [] }: ContainerLike,
  volumes: readonly VolumeLike[],
): readonly SecretPlace[] {
  return volumeMounts
    .filter(({ mountPath }) => /\/secrets\/?$/.test(mountPath ?? ""))
    .flatMap((mount) => volumes.filter(({ name }) => name === mount.name))
    .flatMap(({ secret, projected }) => [
      ...fromVolume(secret?.secretName, secret),
      ...(projected?.sources ?? []).flatMap((source) => fromVolume(source.secret?.name, source.secret)),
    ]);
}

function fromVolume(name: string | undefined, volume: SecretVolumeLike | undefined): readonly SecretPlace[] {
  // Without items every key of the Secret is a file of that name.
  const items = volume?.items ?? files.map((file) => ({ key: file, path: file }));
  return items
    .filter(({ path }) => path !== undefined && files.includes(path))
    .flatMap(({ key }) => place({ name, key, optional: volume?.items === undefined }));
}

function place({ name, key, optional = false }: Loose<SecretPlace>): readonly SecretPlace[] {
  return name === undefined || key === undefined ? [] : [{ name, key, optional }];
}

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };
