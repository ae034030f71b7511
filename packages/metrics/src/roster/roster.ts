import type { FleetStatsLike } from "./fleet-stats-like.ts";
import type { ChangeMessage } from "./messages.ts";

/** Whether what a series was made for still exists. Endpoints are called `<instance>/<host>:<port>`, as pools and breakers are. */
export interface Roster {
  hasInstance(name: string): boolean;
  hasEndpoint(name: string): boolean;
}

/** By what a fleet says of itself. */
export function rosterOf(stats: FleetStatsLike): Roster {
  const instances = new Set(stats.instances.map(({ name }) => name));
  const endpoints = new Set(stats.instances.flatMap(endpointNames));
  return { hasInstance: (name) => instances.has(name), hasEndpoint: (name) => endpoints.has(name) };
}

/** How many departures are remembered; a pool that closes late must not bring its series back. */
const memory = 10_000;

/** By what was published on the channel, when there is no fleet to ask: everything exists that was not reported as gone. */
export class Departures implements Roster {
  readonly #instances = new Set<string>();
  readonly #endpoints = new Set<string>();

  hasInstance(name: string): boolean {
    return !this.#instances.has(name);
  }

  hasEndpoint(name: string): boolean {
    return !this.#endpoints.has(name);
  }

  record({ type, instance, previous }: ChangeMessage): void {
    const gone = type === "removed" ? instance : previous;
    for (const name of gone === undefined ? [] : endpointNames(gone)) remember(this.#endpoints, name);
    if (type === "removed") {
      remember(this.#instances, instance.name);
      return;
    }
    this.#instances.delete(instance.name);
    for (const name of endpointNames(instance)) this.#endpoints.delete(name);
  }
}

export function endpointName(instance: string, { host, port }: { host: string; port: number }): string {
  return `${instance}/${host}:${port}`;
}

function endpointNames(instance: {
  readonly name: string;
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
}): readonly string[] {
  return instance.endpoints.map((endpoint) => endpointName(instance.name, endpoint));
}

function remember(names: Set<string>, name: string): void {
  names.delete(name);
  names.add(name);
  if (names.size > memory) for (const oldest of names) return void names.delete(oldest);
}
