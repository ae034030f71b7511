import { sentinelConnect } from "@fleet/client";
import { DnsSource, FileSource, SentinelSource, StaticSource, addressMap } from "@fleet/discovery";
import type { AddressMap, InstanceInput, InstanceSource, TlsReference } from "@fleet/discovery";
import type { ApiRequestName, KubernetesSecrets, KubernetesSource } from "@fleet/discovery/kubernetes";

import type { Config } from "../config/config-schema.ts";
import type { KubernetesConfig, SentinelConfig } from "../config/discovery-schema.ts";
import { ConfigurationError } from "../errors.ts";
import { resolveSecret } from "./credentials.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What finds instances. Nothing of it is open before it is started. */
export interface OpenSources extends AsyncDisposable {
  /** Strongest first. */
  readonly sources: readonly InstanceSource[];
  /** The one whose list stands in the configuration. */
  readonly byHand: StaticSource | undefined;
  readonly addressMap: AddressMap | undefined;
  readonly kubernetes: OpenKubernetes | undefined;
}

export interface OpenKubernetes extends AsyncDisposable {
  readonly source: KubernetesSource;
  readonly secrets: KubernetesSecrets;
  readonly missingRights: () => Promise<readonly ApiRequestName[]>;
}

/**
 * Makes the sources that a configuration asks for, in the order of their precedence: by hand, from a file, Kubernetes, Sentinel,
 * DNS. Dispose of it once they are closed.
 *
 * @throws ConfigurationError with every fault that `@fleet/discovery` finds in them.
 */
export async function openSources(config: Config, environment: Environment): Promise<OpenSources> {
  const { instances, instancesFile, sentinel, dns } = config;
  const faults: string[] = [];
  const made = async <T>(setting: string, make: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await make();
    } catch (error) {
      faults.push(...faultsIn(setting, error));
      return undefined;
    }
  };
  const map = await made("", () => config.addressMap && addressMap(config.addressMap));
  const byHand = await made("", () => instances && new StaticSource(instances as readonly InstanceInput[]));
  const inFile = await made("file.", () =>
    instancesFile === undefined ? undefined : new FileSource({ ...config.file, path: instancesFile }),
  );
  const kubernetes = await made("kubernetes.", () => openKubernetes(config.kubernetes));
  const watched = await made("sentinel.", () => sentinel && sentinelSource(sentinel, map, environment));
  const named = await made("dns.", () => dns && new DnsSource(dns as DnsOptions));
  const sources = [byHand, inFile, kubernetes?.source, watched, named].filter((one) => one !== undefined);
  if (sources.length === 0 && faults.length === 0)
    faults.push(
      "instances: there are none; give `instances`, `instancesFile`, `kubernetes`, `sentinel` or `dns`",
    );
  if (faults.length > 0) throw new ConfigurationError(faults);
  return {
    sources,
    byHand,
    addressMap: map,
    kubernetes,
    [Symbol.asyncDispose]: async () => kubernetes?.[Symbol.asyncDispose](),
  };
}

type DnsOptions = ConstructorParameters<typeof DnsSource>[0];
type SentinelOptions = ConstructorParameters<typeof SentinelSource>[0];

/** Loaded where it is wanted: it brings an HTTP client along. */
async function openKubernetes(config: KubernetesConfig | undefined): Promise<OpenKubernetes | undefined> {
  if (config?.enabled !== true) return undefined;
  const { ApiServer, KubernetesSecrets, KubernetesSource, missingRights } =
    await import("@fleet/discovery/kubernetes");
  const { enabled: _, kubeconfig, context, requestTimeoutMs, secretsPatienceMs, ...rest } = config;
  const api = new ApiServer({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  });
  const source = new KubernetesSource({ ...rest, api } as ConstructorParameters<typeof KubernetesSource>[0]);
  return {
    source,
    secrets: new KubernetesSecrets({
      api,
      source,
      ...(secretsPatienceMs !== undefined && { patienceMs: secretsPatienceMs }),
    }),
    missingRights: async () =>
      missingRights(api, { namespaces: config.namespaces ?? [await api.namespace()] }),
    [Symbol.asyncDispose]: () => api.close(),
  };
}

function sentinelSource(
  config: SentinelConfig,
  map: AddressMap | undefined,
  environment: Environment,
): SentinelSource {
  const { login, loginTls, ...rest } = config;
  return new SentinelSource({
    ...(rest as Omit<SentinelOptions, "connect">),
    ...(map !== undefined && { addressMap: map }),
    connect: sentinelConnect({
      ...(login !== undefined && {
        credentials: async () => ({
          ...(await resolveSecret(login.password, environment, undefined)),
          ...(login.username !== undefined && { username: login.username }),
        }),
      }),
      ...(loginTls !== undefined && { tls: loginTls as TlsReference }),
    }),
  });
}

function faultsIn(setting: string, error: unknown): readonly string[] {
  if (!(error instanceof Error)) throw error;
  if ("faults" in error) return (error.faults as readonly string[]).map((fault) => setting + fault);
  if ("option" in error) return [setting + error.message];
  throw error;
}
