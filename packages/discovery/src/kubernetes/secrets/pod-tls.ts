import { optionIn, wordsOf } from "./command-line.ts";
import { containersOf } from "./pod-containers.ts";
import { plainValue, probesOf, secretOfFile, secretsOf } from "./pod-spec.ts";
import type { ContainerLike, PodLike, VolumeLike } from "./pod-spec.ts";

type KeyPlace = { readonly name: string; readonly key: string };

/** What a Pod says of the TLS of its Redis. */
export interface PodTls {
  /** Undefined where nothing says it. */
  readonly speaks: boolean | undefined;
  /** Whether mounted certificates hint at it: only where the Secret is there and has a certificate with its key. */
  readonly isHinted: boolean;
  /** The port that speaks TLS; undefined where nothing says which. */
  readonly port: number | undefined;
  /** Ports that do not. */
  readonly plainPorts: readonly number[];
  /** Where clients take the authority from, and a certificate of their own. */
  readonly ca: KeyPlace | undefined;
  readonly cert: KeyPlace | undefined;
  readonly key: KeyPlace | undefined;
  /** The Secret that is mounted as certificates, for what no path names. */
  readonly secret: string | undefined;
  /** Whether clients have to show a certificate. */
  readonly asksClients: boolean;
}

export function tlsOfPod(pod: unknown, dialed?: number): PodTls {
  const { servers } = containersOf(pod as PodLike, dialed);
  const volumes = (pod as PodLike).spec?.volumes ?? [];
  const text = servers
    .map((container) => [...wordsOf(container).map((word) => word.text), probesOf(container)].join(" "))
    .join(" ");
  const ports = servers.flatMap((container) => container.ports ?? []);
  const option = { tls: optionOf(servers, "tls-port"), plain: optionOf(servers, "port") };
  const variable = portOf(servers, /^(?:REDIS|VALKEY|KEYDB)_PORT(?:_NUMBER)?$/);
  const tlsPort = option.tls === 0 ? undefined : option.tls;
  const port =
    tlsPort ??
    portOf(servers, /TLS_PORT(?:_NUMBER)?$/i) ??
    ports.find(({ name = "" }) => /tls|ssl/i.test(name))?.containerPort;
  const plain = [
    option.plain,
    variable,
    ...ports.filter(({ name = "" }) => !/tls|ssl/i.test(name)).map(({ containerPort }) => containerPort),
    // A second port leaves the first as it was.
    ...(tlsPort !== undefined && option.plain === undefined && variable === undefined ? [6379] : []),
  ];
  const { secret, isHint } = certificatesOf(servers, volumes);
  const flag = flagOf(servers);
  const shown = port !== undefined || speaksWord.test(servers.map(probesOf).join(" ")) ? true : undefined;
  // A plain port that is named, or a client that probes without TLS, says that the certificates are for something else.
  const isPlain =
    (option.plain ?? 0) > 0 || /(?:redis|valkey|keydb)-cli/.test(servers.map(probesOf).join(" "));
  const path = (argument: RegExp, variable: RegExp): KeyPlace | undefined =>
    fileOf(servers, volumes, text, argument, variable);
  return {
    speaks: flag ?? (tlsPort !== undefined ? true : undefined) ?? switchOf(servers) ?? shown,
    isHinted: isHint && !isPlain,
    port,
    plainPorts: plain.filter((one) => one !== undefined && one !== 0 && one !== port) as number[],
    ca: path(/--?(?:tls[-_]ca[-_]cert[-_]file|cacert|tls[-_]ca[-_]cert)(?:\s+|=)["']?([^\s"']+)/, caName),
    cert: path(/--?(?:tls[-_]cert[-_]file|cert)(?:\s+|=)["']?([^\s"']+)/, certName),
    key: path(/--?(?:tls[-_]key[-_]file|key)(?:\s+|=)["']?([^\s"']+)/, keyName),
    secret,
    asksClients: asks(servers, text),
  };
}

/** Whether a dial of this port of the Pod has to speak TLS, where it says so. */
export function speaksTls({ speaks, port, plainPorts }: PodTls, dialed: number | undefined): boolean {
  if (speaks !== true) return false;
  return dialed === undefined || port === undefined || port === dialed || !plainPorts.includes(dialed);
}

const caName = /(?:TLS|SSL).*(?:^|_)CA(?:_|$)|(?:TLS|SSL)_?CACERT/i;
const keyName = /(?:TLS|SSL)(?!.*(?:^|_)CA(?:_|$)).*KEY(?:_FILE|_PATH)?$/i;
const certName = /(?:TLS|SSL)(?!.*(?:^|_)CA(?:_|$)).*(?:CERT|CRT|CERTIFICATE)(?:_FILE|_PATH)?$/i;

function fileOf(
  servers: readonly ContainerLike[],
  volumes: readonly VolumeLike[],
  text: string,
  argument: RegExp,
  variable: RegExp,
): KeyPlace | undefined {
  const named = argument.exec(text)?.[1];
  for (const container of servers) {
    const paths = [
      named,
      ...(container.env ?? [])
        .filter(({ name = "" }) => variable.test(name) && !/PASS/i.test(name))
        .map(({ value }) => value),
    ];
    for (const path of paths) {
      const found = path?.startsWith("/") === true ? secretOfFile(container, volumes, path) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const word = /(?:^|[-_./])(?:tls|ssl|certs?|certificates?|crt)(?:$|[-_./\d])/i;
const authorities = /(?:^|[-_./])(?:ca|trusted)[-_](?:certs?|certificates?|bundle)/i;
/** Of meshes, of clients, of backups; and where the machine's own authorities are. */
const foreign = /(?:^|[-_./])(?:istio|linkerd|spire|mesh|clients?|backup|s3|corp\w*|root|ca)(?:$|[-_./])/i;
const ofMachine = /^\/(?:etc\/(?:ssl|pki)|usr)\//;

/** A Secret that is mounted as certificates, and whether that hints at TLS. */
function certificatesOf(
  servers: readonly ContainerLike[],
  volumes: readonly VolumeLike[],
): { readonly secret: string | undefined; readonly isHint: boolean } {
  let first: string | undefined;
  for (const { name = "", mountPath = "" } of servers.flatMap((container) => container.volumeMounts ?? [])) {
    if (authorities.test(name) || !(word.test(name) || word.test(mountPath))) continue;
    for (const volume of volumes) {
      const [secret] = volume.name === name ? secretsOf(volume) : [];
      if (secret === undefined) continue;
      first ??= secret.name;
      const isForeign = [name, mountPath, secret.name].some((text) => foreign.test(text));
      if (!isForeign && !ofMachine.test(mountPath) && volume.secret?.optional !== true)
        return { secret: secret.name, isHint: true };
    }
  }
  return { secret: first, isHint: false };
}

const speaksWord = /(?:^|[\s"'])--tls(?=$|[\s"']|=true)/;

/** `--tls` and `--tls=false` */
function flagOf(servers: readonly ContainerLike[]): boolean | undefined {
  for (const container of servers)
    for (const { text } of wordsOf(container).toReversed()) {
      const [whole, value] = /^--tls(?:=(.*))?$/i.exec(text) ?? [];
      if (whole !== undefined) return !/^(?:no|false|0|off)$/i.test(value ?? "");
      if (/^--no-?tls$/i.test(text)) return false;
    }
  return undefined;
}

const switches =
  /^(?:(?:REDIS|VALKEY|KEYDB|DFLY|DRAGONFLY)_)?(?:ENABLE_)?(?:TLS|SSL)(?:_ENABLED?|_MODE|_ON)?$/i;
const offSwitches =
  /^(?:(?:REDIS|VALKEY|KEYDB|DFLY|DRAGONFLY)_)?(?:(?:DISABLE|NO|SKIP)_(?:TLS|SSL)|(?:TLS|SSL)_DISABLED?)$/i;

function switchOf(servers: readonly ContainerLike[]): boolean | undefined {
  for (const container of servers)
    for (const { name = "" } of container.env ?? []) {
      const isOff = offSwitches.test(name);
      if (!isOff && !switches.test(name)) continue;
      const value = plainValue(container, name) ?? "";
      if (/^(?:yes|true|1|on|enabled)$/i.test(value)) return !isOff;
      if (/^(?:no|false|0|off|disabled)$/i.test(value) && !isOff) return false;
    }
  return undefined;
}

function asks(servers: readonly ContainerLike[], text: string): boolean {
  const argument = /(?:^|[\s"'])(?:--)?tls-auth-clients(?:\s+|=)["']?(\w+)/.exec(text)?.[1];
  const variables = servers.flatMap((container) =>
    (container.env ?? [])
      .filter(({ name = "" }) => /TLS_AUTH_CLIENTS$/i.test(name))
      .map(({ name = "" }) => plainValue(container, name)),
  );
  const value = argument ?? variables.find((one) => one !== undefined);
  return value === undefined || !/^(?:no|false|0|off|optional)$/i.test(value);
}

/** The number that an option is set to, 0 being none. */
function optionOf(servers: readonly ContainerLike[], option: string): number | undefined {
  for (const container of servers) {
    const text = optionIn(wordsOf(container), option)?.text ?? "";
    const name = /^\$[({]?(\w+)(?::?[-?][^}]*)?[)}]?$/.exec(text)?.[1];
    const said = name === undefined ? text : plainValue(container, name);
    if (said !== undefined && /^\d+$/.test(said)) return Number(said);
  }
  return undefined;
}

function portOf(servers: readonly ContainerLike[], name: RegExp): number | undefined {
  for (const container of servers)
    for (const variable of container.env ?? [])
      if (name.test(variable.name ?? "")) {
        const number = Number(plainValue(container, variable.name!) ?? Number.NaN);
        if (number > 0) return number;
      }
  return undefined;
}
