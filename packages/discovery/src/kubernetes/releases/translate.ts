import type { Condition } from "../../instance/condition.ts";
import { dnsLabel } from "../../instance/dns-label.ts";
import type { Instance } from "../../instance/instance.ts";
import { variablesOf } from "../profiles/convention.ts";
import type { ServiceRecord } from "../profiles/objects.ts";
import { hasBus, sentinelPort } from "../profiles/ports.ts";
import type { Profile, ServiceKind } from "../profiles/profile.ts";
import { annotationPrefix, isSetting } from "../profiles/settings.ts";
import { expand } from "../profiles/template.ts";
import type { Variables } from "../profiles/template.ts";
import { credentialsOf } from "./credentials.ts";
import type { DefaultCredentials } from "./credentials.ts";
import { endpointsOf } from "./endpoints.ts";
import { about } from "./member.ts";
import type { Member } from "./member.ts";
import { condition } from "./reasons.ts";
import { redisServicesOf } from "./redis-services.ts";
import { ReleaseSettings } from "./release-settings.ts";
import { tlsOf } from "./tls.ts";

export interface TranslateOptions {
  readonly names: "instance" | "namespace-instance";
  readonly clusterDomain: string | undefined;
  /** The default credentials, if instances of this namespace may have them; `withheld` if there are some and they may not. */
  defaultCredentials(namespace: string): DefaultCredentials | "withheld" | undefined;
}

export interface Translation {
  readonly instance: Instance | undefined;
  /** The name that its profile finds, where no annotation gives it another: releases of one namespace may share it. */
  readonly sharedName: string | undefined;
  /** What distinguishes it from others of that name. */
  readonly part: string;
  /** What it is called where others have that name. */
  readonly longName: string;
  /** When its main Service was made, in milliseconds since 1970: the earlier one claimed a name first. */
  readonly createdAt: number;
  /** Name of its main Service as it was then: the Services themselves may have changed since. */
  readonly service: string;
  /** Whether that Service has the port that Redis has by default. */
  readonly isUsualPort: boolean;
  readonly conditions: readonly Condition[];
}

/** What is made of no Services. */
export const nothing: Translation = {
  instance: undefined,
  sharedName: undefined,
  part: "",
  longName: "",
  createdAt: 0,
  service: "",
  isUsualPort: false,
  conditions: [],
};

/** What a release is called after, and what is read first. */
const rank: Readonly<Record<ServiceKind, number>> = {
  primary: 0,
  all: 1,
  headless: 2,
  replicas: 3,
  sentinel: 4,
  ignore: 5,
};

/** Services behind which a primary may be. All Pods of a release stand behind a headless one, without it there may still be no primary. */
const leadsToPrimary: Readonly<Partial<Record<ServiceKind, true>>> = { primary: true, all: true };

/**
 * The instance that the Services of one release are, and what is wrong with them; the same in whatever order they come.
 *
 * @param sharesName whether other releases of its namespace have its name: then it is called after its part as well.
 * @param stem what the names of its Services begin with, where others have its labels: it is called so where it shares its name.
 */
export function translate(
  members: readonly Member[],
  options: TranslateOptions,
  sharesName: boolean,
  stem?: string,
): Translation {
  const ordered = members.toSorted(inOrder);
  const settings = new ReleaseSettings(ordered);
  const conditions: Condition[] = [...settings.conditions];
  const left = (...more: readonly Condition[]): Translation => {
    return { ...nothing, conditions: [...conditions, ...more] };
  };

  const ignored = ordered.find(({ recognition }) => recognition.settings.values.ignore === true);
  if (ignored !== undefined) return left(about(ignored, "Ignored", `as ${annotationPrefix}ignore says`));

  const { services, faults } = redisServicesOf(ordered, settings.of("port"));
  const main = services[0]?.member;
  // A Service without a port of Redis is no fault where others of its release have one.
  conditions.push(...faults.filter(({ reason }) => main === undefined || reason !== "NoPort"));
  if (main === undefined) return left();

  const { service, recognition } = main;
  const { profile } = recognition;
  const { namespace } = service;
  const given = settings.of("instance");
  const longName = stem ?? `${recognition.instance}-${recognition.part}`;
  const found = sharesName ? longName : recognition.instance;
  const name = options.names === "instance" ? (given ?? found) : `${namespace}-${given ?? found}`;
  const { createdAt } = service;
  const facts = {
    sharedName: given === undefined && profile.grouped !== false ? recognition.instance : undefined,
    part: stem ?? recognition.part,
    longName,
    createdAt,
    service: service.name,
    isUsualPort: service.ports.some(({ port }) => port === 6379),
  };
  if (!dnsLabel.test(name)) return { ...left(about(main, "InvalidName", nameFault(name))), ...facts };

  const cluster =
    settings.of("cluster") ?? profile.cluster ?? ordered.some((one) => hasBus(one.service.ports));
  const {
    endpoints,
    tls,
    pod,
    primaries,
    onlyReplicas,
    conditions: ofSlices,
  } = endpointsOf(
    services.map(({ member, port }) => ({ kind: member.recognition.kind, port, slices: member.slices })),
    { instance: service.uid, zone: settings.of("zone"), tlsPorts: profile.tlsPorts ?? [], cluster },
  );
  conditions.push(...ofSlices);
  if (endpoints.length === 0)
    conditions.push(about(main, "NoAddress", "no Pod behind its Services is ready"));
  if (primaries.length > 1)
    conditions.push(
      about(
        main,
        "SeveralPrimaries",
        `its Services call ${primaries.join(" and ")} primaries, so none of them is believed; let one be left`,
      ),
    );
  if (onlyReplicas && !services.some(({ member }) => leadsToPrimary[member.recognition.kind]))
    conditions.push(
      about(
        main,
        "NoPrimary",
        "its Services lead to replicas only, so writes have nowhere to go; where the primary is outside of the cluster, list the instance by hand with all of its endpoints",
      ),
    );
  if (cluster)
    conditions.push(about(main, "ClusterMode", "it is a Redis Cluster, whose redirections are not followed"));

  const fallback = options.defaultCredentials(namespace);
  if (fallback === "withheld" && settings.of("password-secret") === undefined)
    conditions.push(
      condition(
        "DefaultPasswordWithheld",
        `Namespace ${namespace}`,
        "its instances are not sent the default password, since it is not listed",
      ),
    );

  const variables = variablesIn(main);
  const dnsName = (of: ServiceRecord): string =>
    [of.name, namespace, "svc", options.clusterDomain].filter((label) => label !== undefined).join(".");
  const group = settings.of("group");
  const spoken = tlsOf(settings, {
    shown: tls,
    profile,
    namespace,
    pod,
    variables,
    services: [service, ...services.map(({ member }) => member.service)].map(dnsName),
    hasDomain: options.clusterDomain !== undefined,
  });
  const credentials = credentialsOf(
    { username: settings.orBroken("username"), passwordSecret: settings.orBroken("password-secret") },
    { namespace, profile, pod, variables, fallback: fallback === "withheld" ? undefined : fallback },
  );
  const sentinel = sentinelOf(ordered, settings, { profile, variables, dnsName });
  const instance: Instance = {
    name,
    uid: service.uid,
    namespace,
    endpoints,
    ...(group !== undefined && { group }),
    labels: labelsOf(main),
    ...(spoken !== undefined && { tls: spoken }),
    ...(credentials !== undefined && { credentials }),
    state: settings.of("state") ?? "ready",
    reads: settings.of("reads") ?? "primary",
    profile: profile.name,
    ...(cluster && { cluster: true }),
    ...(sentinel !== undefined && { sentinel }),
  };
  return { ...facts, instance: Object.freeze(instance), conditions };
}

/** By kind, then the oldest, so that a Service that is added later does not become the main one. */
function inOrder(a: Member, b: Member): number {
  return (
    rank[a.recognition.kind] - rank[b.recognition.kind] ||
    a.service.createdAt - b.service.createdAt ||
    (a.service.name < b.service.name ? -1 : 1)
  );
}

function nameFault(name: string): string {
  const expected = "a DNS label: lower-case letters, digits and dashes, 1 to 63 characters";
  return `the name of an instance must be ${expected}, got ${JSON.stringify(name)}; ${annotationPrefix}instance gives it another`;
}

function variablesIn({ service, recognition }: Member): Variables {
  const ofService = variablesOf(service);
  return (variable) => {
    if (variable === "full") return recognition.full;
    return variable === "instance" ? recognition.instance : ofService(variable);
  };
}

/** The labels of the main Service, and what the rules of its profile made beside settings. */
function labelsOf({ service, recognition }: Member): Instance["labels"] {
  const made = [...(recognition.relabelled ?? [])].filter(([label]) => !isSetting(label));
  return made.length === 0
    ? service.labels
    : Object.freeze({ ...service.labels, ...Object.fromEntries(made) });
}

interface SentinelFacts {
  readonly profile: Profile;
  readonly variables: Variables;
  readonly dnsName: (service: ServiceRecord) => string;
}

function sentinelOf(
  members: readonly Member[],
  settings: ReleaseSettings,
  { profile, variables, dnsName }: SentinelFacts,
): Instance["sentinel"] {
  const own = members.filter(({ recognition }) => recognition.kind === "sentinel");
  const rest = members.filter(({ recognition }) => recognition.kind !== "ignore");
  for (const { service } of [...own, ...rest]) {
    const port = sentinelPort(service.ports);
    const master = settings.of("sentinel-master") ?? expand(profile.sentinelMaster ?? "mymaster", variables);
    if (port !== undefined && master !== undefined)
      return Object.freeze({ host: dnsName(service), port, master });
  }
  return undefined;
}
