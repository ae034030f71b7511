import type { PortRecord } from "./objects.ts";
import { validPort } from "./settings.ts";

/** The port of a Service that speaks Redis: by its name, which its slices repeat with the Pods' numbers, or the Pods' number itself. */
export type ChosenPort =
  | { readonly name: string; readonly tls: boolean; readonly number?: undefined }
  | {
      readonly number: number;
      readonly tls: boolean;
      readonly name?: undefined;
      /** The Service names no port of Redis, so this is what its convention has by default. */
      readonly isAssumed?: true;
    };

const names: readonly string[] = [
  "redis",
  "tcp-redis",
  "redis-client",
  "tcp-valkey",
  "valkey",
  "tcp",
  "tcp-server",
  "server-tls",
];
const numbers: readonly number[] = [6379, 6380];

const neverNumbers: ReadonlySet<number> = new Set([9121, 16_379, 26_379, 9999]);
const neverNames = /metrics|exporter|sentinel|bus|admin|^cluster$/;
const tlsNames = /(?:^|-)tls(?:-|$)/;

/**
 * Chooses in a fixed order: what an annotation names; else by the names that Redis ports have, by the numbers they have, and at last
 * the first that is not known to be something else. What is wanted by number and is no port of the Service is the Pods' own.
 */
export function choosePort(
  ports: readonly PortRecord[],
  wanted: string | number | undefined,
  containerPort: number | undefined,
): ChosenPort | "NoPort" | "PortOutOfRange" {
  if (wanted !== undefined) {
    const port = ports.find(({ name = "", port }) => name === wanted || port === wanted);
    if (port !== undefined) return chosen(port);
    return typeof wanted === "number" ? { number: wanted, tls: false } : "NoPort";
  }
  const possible = ports.filter(isPossiblePort);
  const candidates = possible.filter(({ port }) => validPort(port));
  const port =
    firstOf(names, (wanted) => candidates.find(({ name }) => name === wanted)) ??
    firstOf(numbers, (wanted) => candidates.find(({ port }) => port === wanted)) ??
    candidates[0];
  if (port !== undefined) return chosen(port);
  if (containerPort !== undefined) return { number: containerPort, tls: false, isAssumed: true };
  return possible.length > 0 ? "PortOutOfRange" : "NoPort";
}

/** Where Sentinels listen, if one of these ports is theirs. */
export function sentinelPort(ports: readonly PortRecord[]): number | undefined {
  return ports.find(({ name = "", port }) => /sentinel/.test(name) || port === 26_379)?.port;
}

/** Whether one of these ports is the bus of a Redis Cluster. */
export function hasBus(ports: readonly PortRecord[]): boolean {
  return ports.some(({ name = "", port }) => port === 16_379 || /bus$|^cluster$/.test(name));
}

/** Whether the name of a port, or its number, matches. */
export function isPortCalled({ name = "", port }: PortRecord, matches: (text: string) => unknown): boolean {
  return matches(name) !== undefined || matches(String(port)) !== undefined;
}

/** Whether Redis may listen there: not a port that is known to be something else. */
export function isPossiblePort({ name = "", port, protocol = "TCP" }: PortRecord): boolean {
  return protocol === "TCP" && !neverNumbers.has(port) && !neverNames.test(name);
}

function chosen({ name = "" }: PortRecord): ChosenPort {
  return { name, tls: tlsNames.test(name) };
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
