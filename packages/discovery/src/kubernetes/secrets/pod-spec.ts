/** Of a Pod, what says how its Redis is dialed; whatever the server sends may lack any of it. */
export interface PodLike {
  readonly spec?: {
    readonly containers?: readonly ContainerLike[];
    readonly initContainers?: readonly ContainerLike[];
    readonly volumes?: readonly VolumeLike[];
  };
}

export interface KeyOfSecret {
  readonly name?: string;
  readonly key?: string;
  readonly optional?: boolean;
}

export interface VariableLike {
  readonly name?: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: KeyOfSecret };
}

interface ProbeLike {
  readonly exec?: { readonly command?: readonly string[] };
}

export interface MountLike {
  readonly name?: string;
  readonly mountPath?: string;
  readonly subPath?: string;
}

export interface ContainerLike {
  readonly name?: string;
  readonly image?: string;
  /** `Always` of an init container that goes on beside the others. */
  readonly restartPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly VariableLike[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly secretRef?: { readonly name?: string };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[];
  readonly volumeMounts?: readonly MountLike[];
  readonly livenessProbe?: ProbeLike;
  readonly readinessProbe?: ProbeLike;
  readonly startupProbe?: ProbeLike;
}

interface SecretVolumeLike {
  readonly optional?: boolean;
  readonly items?: readonly { readonly key?: string; readonly path?: string }[];
}

export interface VolumeLike {
  readonly name?: string;
  readonly secret?: SecretVolumeLike & { readonly secretName?: string };
  readonly projected?: {
    readonly sources?: readonly { readonly secret?: SecretVolumeLike & { readonly name?: string } }[];
  };
}

/** A Secret that a volume brings in. */
export interface SecretOfVolume {
  readonly name: string;
  /** Undefined where every key is a file of its name. */
  readonly items: readonly { readonly key: string; readonly path: string }[] | undefined;
}

export function secretsOf({ secret, projected }: VolumeLike): readonly SecretOfVolume[] {
  const sources = [
    { name: secret?.secretName, items: secret?.items },
    ...(projected?.sources ?? []).map((source) => ({
      name: source.secret?.name,
      items: source.secret?.items,
    })),
  ];
  return sources.flatMap(({ name, items }) =>
    name === undefined
      ? []
      : [{ name, items: items?.flatMap(({ key, path }) => (key && path ? [{ key, path }] : [])) }],
  );
}

/** What its probes run. */
export function probesOf(container: ContainerLike): string {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [livenessProbe, readinessProbe, startupProbe]
    .flatMap((probe) => probe?.exec?.command ?? [])
    .join(" ");
}

/** A variable; of several of one name the last, as for the kubelet. */
export function variableOf({ env = [] }: ContainerLike, name: string): VariableLike | undefined {
  return env.findLast((one) => one.name === name);
}

/** A variable's own text; what it takes from another of the same container is put in. */
export function plainValue(container: ContainerLike, name: string): string | undefined {
  const value = variableOf(container, name)?.value;
  const inner = value === undefined ? undefined : /^\$[({]?(\w+)[)}]?$/.exec(value)?.[1];
  return inner === undefined ? value : variableOf(container, inner)?.value;
}

/** The key of a Secret that is a file of this container, if a Secret is mounted there. */
export function secretOfFile(
  container: ContainerLike,
  volumes: readonly VolumeLike[],
  path: string,
): { readonly name: string; readonly key: string } | undefined {
  const mounts = (container.volumeMounts ?? [])
    .filter(({ mountPath = "" }) => path === mountPath || path.startsWith(withSlash(mountPath)))
    .toSorted((a, b) => b.mountPath!.length - a.mountPath!.length);
  const [mount] = mounts;
  if (mount?.mountPath === undefined) return undefined;
  const below = path.slice(withSlash(mount.mountPath).length);
  const file = [mount.subPath, below].filter(Boolean).join("/");
  for (const { name, items } of volumes
    .filter((volume) => volume.name === mount.name)
    .flatMap((volume) => secretsOf(volume))) {
    const key = items === undefined ? file : items.find((item) => item.path === file)?.key;
    if (key !== undefined) return { name, key };
  }
  return undefined;
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
