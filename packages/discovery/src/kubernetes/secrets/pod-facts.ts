import { containersOf, portsOf } from "./pod-containers.ts";
import { passwordPlaces } from "./pod-secrets.ts";
import type { PasswordPlace } from "./pod-secrets.ts";
import type { PodLike } from "./pod-spec.ts";
import { tlsOfPod } from "./pod-tls.ts";
import type { PodTls } from "./pod-tls.ts";

/** How a Redis of a Pod is dialed. */
export interface ServerFacts {
  readonly passwords: readonly PasswordPlace[];
  readonly tls: PodTls;
}

/** How the Redis of a Pod is dialed; where several run in one Pod, by the port. */
export interface PodFacts {
  readonly at: (port: number | undefined) => ServerFacts;
}

export function factsOf(pod: unknown): PodFacts {
  const of = (port?: number): ServerFacts => ({
    passwords: passwordPlaces(pod, port),
    tls: tlsOfPod(pod, port),
  });
  const all = of();
  const { servers } = containersOf(pod as PodLike);
  // The Pod itself is not kept: of most Pods this is all that counts of it.
  const ports = servers.length > 1 ? servers.flatMap(portsOf) : [];
  const byPort = new Map(ports.map((port) => [port, of(port)]));
  return { at: (port) => (port === undefined ? undefined : byPort.get(port)) ?? all };
}
