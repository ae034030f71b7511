import type { Condition } from "../condition.ts";
import { ByName } from "./by-name.ts";
import type { PortRecord, ServiceRecord } from "./objects.ts";
import { isPossiblePort, sentinelPort } from "./ports.ts";
import { condition } from "./reasons.ts";
import { annotationPrefix, settingsOf } from "./settings.ts";

/** A Service that looks like Redis and that no profile recognises. */
export interface UnrecognisedService {
  readonly namespace: string;
  readonly service: string;
  /** Its ports: `redis 6379`, or the number alone. */
  readonly ports: readonly string[];
  /** The command that makes it an instance. */
  readonly remedy: string;
}

/** Where there are more, one condition says how many: a cluster may have thousands, and a log line each would bury the rest. */
const mostConditions = 20;

const redisNames = /redis|valkey|keydb|dragonfly/;
const redisServices =
  /(?:^|-)(?:redis|valkey|keydb|dragonfly)(?:-(?:master|primary|replicas?|headless|server|service|svc|\d+))*$/;
const webNames = /http|web|^ui$|grpc|proxy/;

/** Whether a port, or the name of the Service, says that Redis is behind it. */
export function looksLikeRedis(name: string, ports: readonly PortRecord[]): boolean {
  return ports.some(
    (port) =>
      isLikely(port) ||
      (isPossiblePort(port) &&
        !webNames.test(port.name ?? "") &&
        port.port > 1024 &&
        redisServices.test(name)),
  );
}

function isLikely(port: PortRecord): boolean {
  const { name = "", port: number, protocol = "TCP", appProtocol } = port;
  if (number === 26_379) return protocol === "TCP";
  return isPossiblePort(port) && (number === 6379 || appProtocol === "redis" || redisNames.test(name));
}

/** Services that look like Redis and that no profile recognises, as they come and go. */
export class Strangers {
  readonly #services = new ByName<ServiceRecord>();
  readonly #all = new Set<ServiceRecord>();

  get size(): number {
    return this.#all.size;
  }

  /** @returns whether that changes anything. */
  put(service: ServiceRecord): boolean {
    const { namespace, name, type, ports } = service;
    if (this.#services.get(namespace, name) === service) return false;
    const wasThere = this.forget(namespace, name);
    if (type === "ExternalName" || !looksLikeRedis(name, ports)) return wasThere;
    this.#services.set(namespace, name, service);
    this.#all.add(service);
    return true;
  }

  /** @returns whether it was one; its successor of the same name is none of its concern. */
  drop({ namespace, name, uid }: ServiceRecord): boolean {
    return this.#services.get(namespace, name)?.uid === uid && this.forget(namespace, name);
  }

  /** @returns whether there was one of this name. */
  forget(namespace: string, name: string): boolean {
    const held = this.#services.get(namespace, name);
    if (held === undefined) return false;
    this.#services.delete(namespace, name);
    this.#all.delete(held);
    return true;
  }

  /**
   * Those that are to be shown, by namespace and name.
   *
   * @param isKnown whether the Pods that one selects belong to a release: then it is another way to an instance.
   */
  shown(isKnown: (service: ServiceRecord) => boolean): readonly UnrecognisedService[] {
    return [...this.#all]
      .filter((service) => settingsOf(service, undefined).values.ignore !== true && !isKnown(service))
      .toSorted(inOrder)
      .map(unrecognised);
  }
}

export function strangerConditions(services: readonly UnrecognisedService[]): readonly Condition[] {
  if (services.length > mostConditions)
    return [
      condition(
        "Unrecognised",
        "Services",
        `${services.length} look like Redis and no profile recognises them; the label ${annotationPrefix}instance makes one an instance, the annotation ${annotationPrefix}ignore: "true" hides it`,
      ),
    ];
  return services.map(({ namespace, service, ports, remedy }) =>
    condition(
      "Unrecognised",
      `Service ${namespace}/${service}`,
      `it looks like Redis (${ports.join(", ")}) and no profile recognises it; to make it an instance: ${remedy}; to hide it: the annotation ${annotationPrefix}ignore: "true"`,
    ),
  );
}

function unrecognised({ namespace, name, ports }: ServiceRecord): UnrecognisedService {
  const isSentinel = sentinelPort(ports) !== undefined && !ports.some(isPossiblePort);
  const kind = isSentinel ? ` ${annotationPrefix}service=sentinel` : "";
  return {
    namespace,
    service: name,
    ports: ports.map(({ name: port, port: number }) =>
      port === undefined ? `${number}` : `${port} ${number}`,
    ),
    remedy: `kubectl label service -n ${namespace} ${name} ${annotationPrefix}instance=${instanceName(name)}${kind}`,
  };
}

/** Services of one release get one name, which is what their names have in common as a rule. */
function instanceName(service: string): string {
  return service.replace(/(?:-(?:master|primary|replicas?|headless|sentinel))+$/, "");
}

function inOrder(a: ServiceRecord, b: ServiceRecord): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
