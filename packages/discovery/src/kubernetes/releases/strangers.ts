import type { Condition } from "../../instance/condition.ts";
import type { PortRecord, ServiceRecord } from "../profiles/objects.ts";
import { isPossiblePort, sentinelPort } from "../profiles/ports.ts";
import { annotationPrefix, settingsOf } from "../profiles/settings.ts";
import { ByName } from "./by-name.ts";
import { condition } from "./reasons.ts";

/** A Service that looks like Redis and that no profile recognises. */
export interface UnrecognisedService {
  readonly namespace: string;
  readonly service: string;
  /** Its ports: `redis 6379`, or the number alone. */
  readonly ports: readonly string[];
  /** The image of its Pods, where nothing but that says it. */
  readonly image?: string;
  /** The command that makes it an instance. */
  readonly remedy: string;
}

/** Where there are more, one condition says how many: a cluster may have thousands, and a log line each would bury the rest. */
const mostConditions = 20;

const redisNames = /redis|valkey|keydb|dragonfly/;
const redisServices =
  /(?:^|-)(?:redis|valkey|keydb|dragonfly)(?:-(?:master|primary|replicas?|headless|server|service|svc|\d+))*$/;
/** What is made for Redis and is none. */
const toolNames =
  /(?:redis|valkey|keydb|dragonfly)-?(?:commander|insight|exporter|operator|webhook|dashboard|browser|admin|stat|ui|web|api)/;
const webNames = /http|web|^ui$|grpc|proxy/;

/** Whether a port, or the name of the Service, says that Redis is behind it. */
export function looksLikeRedis(name: string, ports: readonly PortRecord[]): boolean {
  const isTool = toolNames.test(name);
  return ports.some((port) => isLikely(port, isTool) || (mayBeRedisPort(port) && redisServices.test(name)));
}

/** Whether a port speaks against Redis neither by its name nor by its number. */
export function mayBeRedisPort(port: PortRecord): boolean {
  return isPossiblePort(port) && port.port > 1024 && !webNames.test(port.name ?? "");
}

function isLikely(port: PortRecord, isTool: boolean): boolean {
  const { name = "", port: number, protocol = "TCP", appProtocol } = port;
  if (number === 26_379) return protocol === "TCP";
  if (!isPossiblePort(port)) return false;
  if (number === 6379 || appProtocol === "redis") return true;
  return !isTool && redisNames.test(name) && !toolNames.test(name);
}

interface Held {
  readonly service: ServiceRecord;
  /** The releases that the Pods it selects may belong to. */
  readonly releases: readonly string[];
}

/** Services that look like Redis and that no profile recognises, as they come and go. */
export class Strangers {
  readonly #services = new ByName<Held>();
  readonly #all = new Set<Held>();
  readonly #isRelease: (namespace: string, key: string) => boolean;

  /** @param isRelease whether there is a release: a Service that selects its Pods is another way to a known instance. */
  constructor(isRelease: (namespace: string, key: string) => boolean) {
    this.#isRelease = isRelease;
  }

  get size(): number {
    return this.#all.size;
  }

  /** @returns whether that changes anything. */
  put(service: ServiceRecord, releases: readonly string[]): boolean {
    const { namespace, name, type, ports } = service;
    if (this.#services.get(namespace, name)?.service === service) return false;
    const wasThere = this.forget(namespace, name);
    const isHidden = settingsOf(service, undefined).values.ignore === true;
    if (isHidden || type === "ExternalName" || !looksLikeRedis(name, ports)) return wasThere;
    const held = { service, releases };
    this.#services.set(namespace, name, held);
    this.#all.add(held);
    return true;
  }

  /** @returns whether it was one; its successor of the same name is none of its concern. */
  drop({ namespace, name, uid }: ServiceRecord): boolean {
    return this.#services.get(namespace, name)?.service.uid === uid && this.forget(namespace, name);
  }

  /** @returns whether there was one of this name. */
  forget(namespace: string, name: string): boolean {
    const held = this.#services.get(namespace, name);
    if (held === undefined) return false;
    this.#services.delete(namespace, name);
    this.#all.delete(held);
    return true;
  }

  /** By namespace and name. */
  get list(): readonly UnrecognisedService[] {
    return this.#shown.map(unrecognised).toSorted(byNameOfService);
  }

  get conditions(): readonly Condition[] {
    const shown = this.#shown;
    if (shown.length > mostConditions) return [manyCondition(shown.length)];
    return shown.map((service) => strangerCondition(unrecognised(service)));
  }

  get #shown(): readonly ServiceRecord[] {
    const shown: ServiceRecord[] = [];
    for (const { service, releases } of this.#all)
      if (!releases.some((key) => this.#isRelease(service.namespace, key))) shown.push(service);
    return shown;
  }
}

function manyCondition(count: number): Condition {
  return condition(
    "Unrecognised",
    "Services",
    `${count} look like Redis and no profile recognises them; the label ${annotationPrefix}instance makes one an instance, the annotation ${annotationPrefix}ignore: "true" hides it`,
  );
}

function strangerCondition({ namespace, service, ports, remedy }: UnrecognisedService): Condition {
  return condition(
    "Unrecognised",
    `Service ${namespace}/${service}`,
    `it looks like Redis (${ports.join(", ")}) and no profile recognises it; to make it an instance: ${remedy}; to hide it: the annotation ${annotationPrefix}ignore: "true"`,
  );
}

export function unrecognised({
  namespace,
  name,
  ports,
}: Pick<ServiceRecord, "namespace" | "name" | "ports">): UnrecognisedService {
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

export function byNameOfService(a: UnrecognisedService, b: UnrecognisedService): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.service < b.service ? -1 : 1;
}
