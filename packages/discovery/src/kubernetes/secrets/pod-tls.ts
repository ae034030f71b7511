import { wordsOf } from "./command-line.ts";
import { containersOf } from "./pod-containers.ts";
import { plainValue, probesOf, secretOfFile, secretsOf } from "./pod-spec.ts";
import type { ContainerLike, PodLike, VolumeLike } from "./pod-spec.ts";

type KeyPlace = { readonly name: string; readonly key: string };

/** What a Pod says of the TLS of its Redis. */
export interface PodTls {
  /** Undefined where nothing says it. */
  readonly speaks: boolean | undefined;
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
    .map(
      (container) =>
        `${wordsOf(container)
          .map(({ text: word }) => word)
          .join(" ")} ${probesOf(container)}`,
    )
    .join(" ");
  const probes = servers.map(probesOf).join(" ");
  const ports = servers.flatMap((container) => container.ports ?? []);
  const port =
    portIn(/(?:^|[\s"'])(?:--)?tls-port(?:\s+|=)["']?(\d+)/, text) ??
    portOf(servers, /TLS_PORT(?:_NUMBER)?$/i) ??
    ports.find(({ name = "" }) => /tls|ssl/i.test(name))?.containerPort;
  const plain = [
    portIn(/(?:^|[\s"'])--port(?:\s+|=)["']?(\d+)/, text),
    portOf(servers, /^(?:REDIS|VALKEY|KEYDB)_PORT(?:_NUMBER)?$/),
    ...ports.filter(({ name = "" }) => !/tls|ssl/i.test(name)).map(({ containerPort }) => containerPort),
  ];
  const secret = certificatesOf(servers, volumes);
  const switched = switchOf(servers);
  const shown = port !== undefined || /(?:^|[\s"'])--tls(?=$|[\s"'=])/.test(text);
  // A client that probes without TLS proves that the mounted certificates are for something else.
  const isProbedPlain = /(?:redis|valkey|keydb)-cli/.test(probes);
  const mounted = secret !== undefined && !isProbedPlain ? true : undefined;
  const path = (argument: RegExp, variable: RegExp): KeyPlace | undefined =>
    fileOf(servers, volumes, text, argument, variable);
  return {
    speaks: switched ?? (shown ? true : mounted),
    port,
    plainPorts: plain.filter((one) => one !== undefined && one !== 0 && one !== port) as number[],
    ca: path(/--?(?:tls[-_]ca[-_]cert[-_]file|cacert|tls[-_]ca[-_]cert)(?:\s+|=)["']?([^\s"']+)/, caName),
    cert: path(/--?(?:tls[-_]cert[-_]file|cert)(?:\s+|=)["']?([^\s"']+)/, certName),
    key: path(/--?(?:tls[-_]key[-_]file|key)(?:\s+|=)["']?([^\s"']+)/, keyName),
    secret,
    asksClients: asks(servers, text),
  };
}

/** Whether a dial of this port of the Pod has to speak TLS; undefined where the Pod does not say. */
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

/** A Secret that is mounted as certificates. */
function certificatesOf(
  servers: readonly ContainerLike[],
  volumes: readonly VolumeLike[],
): string | undefined {
  const word = /(?:^|[-_./])(?:tls|ssl|certs?|certificates?|crt)(?:$|[-_./\d])/i;
  const authorities = /(?:^|[-_./])(?:ca|trusted)[-_](?:certs?|certificates?|bundle)/i;
  for (const { name, mountPath = "" } of servers.flatMap((container) => container.volumeMounts ?? [])) {
    if (authorities.test(name ?? "") || !(word.test(name ?? "") || word.test(mountPath))) continue;
    for (const volume of volumes) {
      const [secret] = volume.name === name ? secretsOf(volume) : [];
      if (secret !== undefined) return secret.name;
    }
  }
  return undefined;
}

function switchOf(servers: readonly ContainerLike[]): boolean | undefined {
  for (const container of servers)
    for (const { name = "" } of container.env ?? []) {
      if (!/(?:^|_)(?:TLS|SSL)(?:_ENABLED?|_MODE|_ON)?$/i.test(name)) continue;
      const value = plainValue(container, name) ?? "";
      if (/^(?:yes|true|1|on|enabled)$/i.test(value)) return true;
      if (/^(?:no|false|0|off|disabled)$/i.test(value)) return false;
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

function portIn(pattern: RegExp, text: string): number | undefined {
  const number = Number(pattern.exec(text)?.[1] ?? Number.NaN);
  return number > 0 ? number : undefined;
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
