import type { DiscoveryStats, Instance } from "@fleet/discovery";
import type { ApiRequestName, UnrecognisedService } from "@fleet/discovery/kubernetes";

import type { Candidate } from "../sources/candidate.ts";
import type { Dial } from "../sources/discover.ts";
import type { MissingRights } from "../sources/rights-of.ts";

type Source = DiscoveryStats["sources"][number] & { readonly error?: string };
/** What is known of the connections to an endpoint; nothing where none was tried. */
interface Connected {
  readonly health?:
    | {
        readonly status: string;
        readonly lastError: string | undefined;
        readonly lastReason: string | undefined;
      }
    | undefined;
  readonly breaker?: { readonly name: string } | undefined;
  readonly tls?: boolean | undefined;
  readonly credentialsFrom?: string | undefined;
}

type Shown = Pick<Instance, "name" | "state"> & {
  readonly endpoints: readonly (Instance["endpoints"][number] & Connected)[];
} & Partial<Pick<Instance, "namespace" | "group" | "profile" | "credentials">> & {
    readonly source?: string;
    readonly dials?: Readonly<Record<string, Dial>>;
    readonly passwords?: readonly Candidate[];
    readonly certificates?: readonly Candidate[];
  };

/** What a fleet finds, for people. */
export function discoveryText(found: {
  readonly sources: readonly Source[];
  readonly instances: readonly Shown[];
  readonly unrecognised?: readonly UnrecognisedService[];
  readonly imagesError?: string;
  readonly rights?: MissingRights;
}): string {
  const { sources, instances, unrecognised, imagesError, rights } = found;
  // Where all of them are listed, no condition says the same of some.
  const isShown = ({ reason }: { readonly reason: string }): boolean =>
    unrecognised === undefined || reason !== "Unrecognised";
  return [
    ...sources.flatMap((source) => sourceLines({ ...source, conditions: source.conditions.filter(isShown) })),
    ...(rights === undefined ? [] : rightsLines(rights)),
    ...(imagesError === undefined ? [] : [`images of Pods: not known: ${oneLine(imagesError)}`]),
    "",
    ...(instances.length === 0 ? ["no instances"] : instances.flatMap(instanceLines)),
    "",
    ...unrecognisedLines(unrecognised ?? []),
  ].join("\n");
}

function sourceLines(source: Source): readonly string[] {
  const { name, state, instances, profiles, lastSyncAgeMs, error, lastError, conflicts } = source;
  const recognised = Object.entries(profiles).map(([profile, count]) => `${count} ${profile}`);
  const age = lastSyncAgeMs === undefined ? "never synced" : `synced ${seconds(lastSyncAgeMs)} ago`;
  return [
    `source ${name}: ${state}, ${counted(instances, "instance")}${recognised.length === 0 ? "" : ` (${recognised.join(", ")})`}, ${age}`,
    ...(lastError === undefined
      ? []
      : [`  failed: ${lastError}${error === undefined ? "" : ` ${oneLine(error)}`}`]),
    ...conflicts.map((conflict) => `  not served: ${conflict}, whose name or uid another source has`),
    ...source.resources.map(
      ({ resource, state, objects, lists, restarts, lastSyncAgeMs: age }) =>
        `  ${resource}: ${state}, ${counted(objects, "object")}, ${counted(lists, "list")}, ${counted(sum(restarts), "restart")}${age === undefined ? "" : `, current ${seconds(age)} ago`}`,
    ),
    ...source.conditions.map(({ reason, object, message }) => `  ${reason}: ${object}: ${oneLine(message)}`),
  ];
}

function rightsLines({ missing, error }: MissingRights): readonly string[] {
  if (error !== undefined) return [`rights: not known: ${oneLine(error)}`];
  if (missing.length === 0) return ["rights: none is missing"];
  return missing.map((right) => `right missing: ${rightText(right)}`);
}

function rightText({ verb, group, resource, namespace }: ApiRequestName): string {
  const what = group === "" ? resource : `${resource}.${group}`;
  return `${verb} ${what} ${namespace === undefined ? "in every namespace" : `in namespace ${namespace}`}`;
}

function instanceLines(instance: Shown): readonly string[] {
  const { name, source, profile, namespace, group, endpoints, credentials } = instance;
  const { passwords = [], certificates = [] } = instance;
  const facts = [
    profile,
    source && `from ${source}`,
    namespace && `namespace ${namespace}`,
    group && `group ${group}`,
  ];
  const username = credentials?.username;
  return [
    [name, usability(instance), ...facts].filter((fact) => fact !== undefined).join(", "),
    ...(endpoints.length === 0 ? ["  no endpoints"] : []),
    ...endpoints.flatMap((endpoint) => endpointLines(endpoint, instance.dials?.[endpoint.uid])),
    ...(username === undefined ? [] : [`  user name ${username}`]),
    ...passwords.map((candidate) => `  password ${candidateText(candidate)}`),
    ...certificates.map((candidate) => `  certificates ${candidateText(candidate)}`),
  ];
}

function endpointLines(endpoint: Shown["endpoints"][number], dial: Dial | undefined): readonly string[] {
  const { host, port, role, zone, leaving, health, breaker, tls, credentialsFrom } = endpoint;
  const fault = faultOf(endpoint);
  const isBroken = breaker !== undefined && breaker.name !== "closed";
  const facts = [
    `  ${host}:${port} ${role}`,
    zone && `zone ${zone}`,
    leaving && "leaving",
    tls === true && "TLS",
    fault === undefined ? health?.status === "healthy" && "healthy" : `unhealthy: ${fault}`,
    // Statistics have it as undefined, a list of what was found not at all.
    "health" in endpoint && health === undefined && "not dialed yet",
    isBroken && `circuit ${breaker.name}`,
    credentialsFrom && `password from ${credentialsFrom}`,
    dial?.outcome,
  ];
  const detail = dial?.detail === undefined ? [] : [`    ${oneLine(dial.detail)}`];
  return [facts.filter(Boolean).join(", "), ...detail];
}

function faultOf({ health }: Connected): string | undefined {
  return health?.status === "unhealthy" ? (health.lastReason ?? health.lastError ?? "no answer") : undefined;
}

/** Its state; but one that no endpoint of which answers is not called ready. */
function usability({ state, endpoints, dials }: Shown): string {
  if (state !== "ready" || endpoints.length === 0) return state;
  const faults = endpoints.map((endpoint) => {
    const { outcome = "connected" } = dials?.[endpoint.uid] ?? {};
    return faultOf(endpoint) ?? (outcome === "connected" ? undefined : outcome);
  });
  return faults.includes(undefined) ? state : `not usable (${[...new Set(faults)].join(", ")})`;
}

function unrecognisedLines(services: readonly UnrecognisedService[]): readonly string[] {
  if (services.length === 0) return [];
  return [
    `${counted(services.length, "Service")} that no profile recognises and that may be Redis; a label makes one an instance:`,
    ...services.flatMap(({ namespace, service, ports, image, remedy }) => [
      `  ${namespace}/${service} (${[...ports, ...(image === undefined ? [] : [`image ${image}`])].join(", ")})`,
      `    ${remedy}`,
    ]),
    "",
  ];
}

function candidateText({ reference, outcome, place, detail }: Candidate): string {
  return `${reference}: ${outcome}${place === undefined ? "" : ` in ${place}`}${detail === undefined ? "" : ` (${oneLine(detail)})`}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, "; ");
