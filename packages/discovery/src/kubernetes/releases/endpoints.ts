import { isIPv4 } from "node:net";

import { hostFault } from "../../instance/address.ts";
import type { Condition } from "../../instance/condition.ts";
import type { Endpoint, Role } from "../../instance/instance.ts";
import type { EndpointRecord, SliceRecord } from "../profiles/objects.ts";
import type { ChosenPort } from "../profiles/ports.ts";
import type { ServiceKind } from "../profiles/profile.ts";
import { validPort } from "../profiles/settings.ts";
import { condition } from "./reasons.ts";

/** A Service that leads to Redis, and its slices. */
interface RedisService {
  readonly kind: ServiceKind;
  readonly port: ChosenPort;
  readonly slices: Iterable<SliceRecord>;
}

interface EndpointsOptions {
  /** The uid of the instance, for endpoints that are no Pods. */
  readonly instance: string;
  /** The zone of endpoints whose slices name none. */
  readonly zone: string | undefined;
  /** Numbers of ports that speak TLS. */
  readonly tlsPorts: readonly number[];
  /** In a cluster there are many primaries, and no role is hinted at. */
  readonly cluster: boolean;
}

interface Endpoints {
  readonly endpoints: readonly Endpoint[];
  /** Whether the port of one of them says that it speaks TLS. */
  readonly tls: boolean;
  /** A Pod of the release, whether it serves or not; the same one for as long as it exists. */
  readonly pod: string | undefined;
  /** Addresses of those that Services which select the primary lead to. More than one means that none is believed. */
  readonly primaries: readonly string[];
  /** Whether all of them are hinted to be replicas. */
  readonly onlyReplicas: boolean;
  readonly conditions: readonly Condition[];
}

interface Found {
  readonly uid: string;
  readonly podName: string;
  host: string;
  port: number;
  tls: boolean;
  zone: string | undefined;
  leaving: boolean;
  isProxied: boolean;
  readonly hints: Set<Role>;
}

/** Whose address counts where several lead to one Pod: what selects a role may be a proxy. */
const rank: Readonly<Partial<Record<ServiceKind, number>>> = { all: 0, headless: 1, replicas: 2, primary: 3 };

/**
 * The endpoints behind several Services, each process once: by the uid of its Pod, else by its address. What a Service that selects
 * by role leads to is hinted that role, unless it is hinted two or several are hinted the primary.
 */
export function endpointsOf(services: readonly RedisService[], options: EndpointsOptions): Endpoints {
  const found = new Map<string, Found>();
  const conditions: Condition[] = [];
  let pod: string | undefined;
  for (const service of services.toSorted(byRank))
    for (const slice of [...service.slices].toSorted(byName)) {
      const port = isAssumed(service)
        ? (firstPort(found) ?? service.port.number)
        : (service.port.number ?? slice.ports.find(({ name = "" }) => name === service.port.name)?.port);
      const fault = sliceFault(slice, port);
      if (fault !== undefined) conditions.push(fault);
      for (const endpoint of slice.endpoints) {
        const name = endpoint.pod?.name;
        if (name !== undefined && (pod === undefined || name < pod)) pod = name;
        if (port === undefined || !validPort(port) || !isAlive(endpoint) || isRefused(slice, endpoint))
          continue;
        const one = foundAt(found, endpoint, port, options.instance);
        const isOwnPort = one.port === port;
        one.tls ||= isOwnPort && (service.port.tls || options.tlsPorts.includes(port));
        if (!options.cluster && service.kind === "primary") one.hints.add("primary");
        if (!options.cluster && service.kind === "replicas") one.hints.add("replica");
        // Another port of the same Pod is a proxy's, which may run in all of them.
        one.isProxied ||= !isOwnPort;
      }
    }
  const all = eachOnce([...found.values()]).toSorted(inOrder);
  const primaries = all.filter((one) => roleOf(one) === "primary");
  const onePrimary = primaries.length === 1;
  return {
    endpoints: Object.freeze(all.map((one) => endpointOf(one, onePrimary, options.zone))),
    tls: all.some(({ tls }) => tls),
    pod,
    primaries: primaries.filter(({ isProxied }) => !isProxied).map(addressOf),
    onlyReplicas: all.length > 0 && all.every((one) => roleOf(one) === "replica"),
    conditions,
  };
}

/** A port that is assumed counts least: where another Service names the Pods' port, that is it. */
function byRank(a: RedisService, b: RedisService): number {
  return Number(isAssumed(a)) - Number(isAssumed(b)) || (rank[a.kind] ?? 0) - (rank[b.kind] ?? 0);
}

function isAssumed({ port }: RedisService): boolean {
  return port.number !== undefined && port.isAssumed === true;
}

/** What the Pods of a release that are known listen on; they are made alike. */
function firstPort(found: ReadonlyMap<string, Found>): number | undefined {
  const [first] = found.values();
  return first?.port;
}

/** An address that one slice gives with its Pod and another without is one process. */
function eachOnce(all: readonly Found[]): readonly Found[] {
  const ofPods = new Set(all.filter(({ podName }) => podName !== "").map(addressOf));
  return all.filter((one) => one.podName !== "" || !ofPods.has(addressOf(one)));
}

function addressOf({ host, port }: Found): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What is known of this process so far, with what this endpoint adds. */
function foundAt(
  all: Map<string, Found>,
  { address, pod, zone, terminating }: EndpointRecord,
  port: number,
  instance: string,
): Found {
  const uid = pod?.uid ?? `${instance}/${address}:${port}`;
  let found = all.get(uid);
  if (found === undefined) {
    const podName = pod?.name ?? "";
    found = {
      uid,
      podName,
      host: address,
      port,
      tls: false,
      zone,
      leaving: terminating,
      isProxied: false,
      hints: new Set(),
    };
    all.set(uid, found);
    return found;
  }
  if (isBefore(address, found.host)) found.host = address;
  found.zone ??= zone;
  found.leaving ||= terminating;
  return found;
}

/** IPv4 before IPv6, and else in a fixed order, since slices have none. */
function isBefore(address: string, other: string): boolean {
  if (isIPv4(address) !== isIPv4(other)) return isIPv4(address);
  return address < other;
}

/** A Pod on its way out may have lost its role to another. */
function roleOf({ hints, leaving }: Found): Role {
  const [hint = "unknown"] = hints;
  return hints.size > 1 || leaving ? "unknown" : hint;
}

function endpointOf(found: Found, onePrimary: boolean, elsewhere: string | undefined): Endpoint {
  const { uid, host, port, zone = elsewhere, leaving } = found;
  const hint = roleOf(found);
  return Object.freeze({
    uid,
    host,
    port,
    role: hint === "primary" && !onePrimary ? "unknown" : hint,
    ...(zone !== undefined && { zone }),
    ...(leaving && { leaving: true as const }),
  });
}

function inOrder(a: Found, b: Found): number {
  if (a.podName !== b.podName) return a.podName < b.podName ? -1 : 1;
  return a.uid < b.uid ? -1 : 1;
}

/**
 * A Service that publishes addresses that are not ready calls all of them ready, so that alone proves nothing. A Pod that is
 * terminating is never ready; whether it still serves is all there is to know.
 */
function isAlive({ ready, serving, terminating }: EndpointRecord): boolean {
  return serving && (ready || terminating);
}

function byName(a: SliceRecord, b: SliceRecord): number {
  return a.name < b.name ? -1 : 1;
}

function isRefused({ addressType }: SliceRecord, { address }: EndpointRecord): boolean {
  return addressType === "FQDN" || hostFault(address) !== undefined;
}

/** What is wrong with a slice: the first address that may not be dialed, or its port. */
function sliceFault(slice: SliceRecord, port: number | undefined): Condition | undefined {
  const object = `EndpointSlice ${slice.namespace}/${slice.name}`;
  const refused = slice.endpoints.find((endpoint) => isRefused(slice, endpoint));
  if (refused !== undefined) {
    const fault =
      slice.addressType === "FQDN" ? "is a name, which may resolve to anything" : hostFault(refused.address)!;
    return condition("RefusedAddress", object, `${JSON.stringify(refused.address)} ${fault}`);
  }
  if (port === undefined || validPort(port)) return undefined;
  return condition("PortOutOfRange", object, `a port must be from 1 to 65535, got ${port}`);
}
