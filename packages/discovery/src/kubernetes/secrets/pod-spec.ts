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

/** The containers of a Pod by what they are to its Redis. */
export interface Containers {
  /** What runs Redis; where nothing says which container that is, each that is no known helper. */
  readonly servers: readonly ContainerLike[];
  /** What prepared the configuration of the servers. */
  readonly init: readonly ContainerLike[];
  /** Exporters, Sentinels, proxies, meshes: their password may be that of another user, or of something else. */
  readonly sidecars: readonly ContainerLike[];
}

const helper =
  /exporter|metrics|sentinel|proxy|envoy|istio|linkerd|sidecar|backup|agent|fluent|vector|kubectl|watch|reload|sync/i;
const server = /redis|valkey|keydb|dragonfly|kvrocks|^server$|(?:^|[-/])cache(?:$|[-:])/i;
const program = /(?:redis|valkey|keydb)-server|dragonfly|kvrocks/;

export function containersOf({ spec = {} }: PodLike): Containers {
  const { containers = [], initContainers = [] } = spec;
  const candidates = containers.filter((container) => !isHelper(container));
  const certain = candidates.filter(isServer);
  const servers = certain.length > 0 ? certain : candidates;
  return {
    servers,
    init: initContainers.filter((container) => !isHelper(container)),
    sidecars: containers.filter((container) => !servers.includes(container)),
  };
}

function isHelper({ name = "", image = "", ...rest }: ContainerLike): boolean {
  const text = textOf(rest);
  // What it runs says more than its name: a release may be called sync-redis.
  if (program.test(text)) return /--sentinel/.test(text);
  return helper.test(name) || helper.test(lastOf(image));
}

function isServer({ name = "", image = "", ports = [], ...rest }: ContainerLike): boolean {
  return (
    server.test(name) ||
    server.test(lastOf(image)) ||
    program.test(textOf(rest)) ||
    ports.some(({ containerPort }) => containerPort === 6379 || containerPort === 6380)
  );
}

/** `registry/team/redis:8@sha256:...` -> `redis:8` */
function lastOf(image: string): string {
  return image.split("@")[0]!.split("/").at(-1)!;
}

/** The command line of a container, as one text. */
export function textOf({ command = [], args = [] }: Pick<ContainerLike, "command" | "args">): string {
  return [...command, ...args].join(" ");
}

/** What its probes run. */
export function probesOf(container: ContainerLike): string {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [livenessProbe, readinessProbe, startupProbe]
    .flatMap((probe) => probe?.exec?.command ?? [])
    .join(" ");
}

/** A variable's own text; what it takes from another of the same container is put in. */
export function plainValue({ env = [] }: ContainerLike, name: string): string | undefined {
  const value = env.find((one) => one.name === name)?.value;
  if (value === undefined) return undefined;
  const inner = reference(value);
  return inner === undefined ? value : env.find((one) => one.name === inner)?.value;
}

/** The variable that `$(NAME)`, `$NAME` or `${NAME}` is; undefined for any other text. */
export function reference(text: string): string | undefined {
  const groups = /^\$(?:\((\w+)\)|\{(\w+)\}|(\w+))$/.exec(text);
  return groups?.[1] ?? groups?.[2] ?? groups?.[3];
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
