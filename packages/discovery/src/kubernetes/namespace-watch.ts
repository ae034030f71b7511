import type { Clock } from "@fleet/time";

import type { Condition } from "../instance/condition.ts";
import type { ConditionSet } from "../source/condition-set.ts";
import type { ResourceStats } from "../source/resource-stats.ts";
import { ApiError } from "./api/api-error.ts";
import type { ApiServer } from "./api/api-server.ts";
import { NamespacePresence } from "./namespace-presence.ts";
import type { ReflectorHandler } from "./reflector/reflector-options.ts";
import { Reflector } from "./reflector/reflector.ts";
import type { Projection } from "./releases/projection.ts";
import { condition } from "./releases/reasons.ts";
import type { Releases } from "./releases/releases.ts";

interface NamespaceWatchOptions {
  readonly api: ApiServer;
  readonly source: string;
  /** Undefined is every namespace. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string;
  readonly resyncMs?: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly projection: Projection;
  readonly releases: Releases;
  readonly conditions: ConditionSet;
  /** Something came or went. */
  readonly changed: () => void;
  /** One of the sets was proved to be current. */
  readonly synced: () => void;
  /** After a failure one of the sets is watched again. */
  readonly recovered: () => void;
  readonly failed: (error: Error) => void;
}

/** One of the two sets of objects. */
interface Watched {
  readonly reflector: Reflector<unknown>;
  /** The last failure, until the server is there again and no change is kept from us. */
  failure: Error | undefined;
}

/** The Services and the slices of a namespace, or of all, as they come and go. */
export class NamespaceWatch {
  readonly #options: NamespaceWatchOptions;
  readonly #watched: readonly Watched[];
  readonly #presence: NamespacePresence | undefined;

  constructor(options: NamespaceWatchOptions) {
    this.#options = options;
    const { projection, releases, namespace } = options;
    this.#presence = namespace === undefined ? undefined : new NamespacePresence({ ...options, namespace });
    this.#watched = [
      this.#watch("", "services", (object) => projection.service(object), {
        applied: (service) => releases.putService(service),
        deleted: (service) => releases.dropService(service),
      }),
      this.#watch("discovery.k8s.io", "endpointslices", (object) => projection.slice(object), {
        applied: (slice) => releases.putSlice(slice),
        deleted: (slice) => releases.dropSlice(slice),
      }),
    ];
  }

  /** Whether both sets have arrived. */
  get hasSynced(): boolean {
    return this.#watched.every(({ reflector }) => reflector.hasSynced);
  }

  /** Whether one of the sets may not be read. */
  get isForbidden(): boolean {
    return this.#watched.some(({ failure }) => isForbidden(failure));
  }

  get failure(): Error | undefined {
    return this.#watched.find(({ failure }) => failure !== undefined)?.failure;
  }

  get resources(): readonly ResourceStats[] {
    return this.#watched.map(({ reflector }) => reflector.stats);
  }

  open(): void {
    for (const { reflector } of this.#watched) reflector.start({ inBackground: true }).catch(() => undefined); // It rejects only when it is closed before its first set.
  }

  /** The API server answers again: no set waits longer to ask it. */
  hurry(): void {
    for (const { reflector } of this.#watched) reflector.hurry();
  }

  async close(): Promise<void> {
    await Promise.all([this.#presence?.close(), ...this.#watched.map(({ reflector }) => reflector.close())]);
  }

  #watch<T>(
    group: string,
    plural: string,
    project: (object: object) => T | undefined,
    told: { readonly applied: (item: T) => void; readonly deleted: (item: T) => void },
  ): Watched {
    const { api, source, namespace, labelSelector, resyncMs, clock, random } = this.#options;
    const cause = `right ${plural} ${namespace ?? ""}`;
    const well = (): void => {
      watched.failure = undefined;
      this.#options.conditions.replace(cause, []);
      if (this.hasSynced) this.#presence?.look(this.resources.every(({ objects }) => objects === 0));
      this.#options.synced();
    };
    const handler: ReflectorHandler<T> = {
      applied: (item) => {
        told.applied(item);
        this.#presence?.look(false);
        this.#options.changed();
      },
      deleted: (item) => {
        told.deleted(item);
        this.#options.changed();
      },
      watching: () => {
        if (watched.failure !== undefined) this.#options.recovered();
      },
      answered: () => {
        if (watched.failure !== undefined) well();
      },
      synced: () => well(),
      failed: (error) => {
        watched.failure = error;
        this.#options.conditions.replace(cause, isForbidden(error) ? [missingRight(error)] : []);
        this.#options.failed(error);
      },
    };
    const reflector = new Reflector<T>({
      api,
      resource: { group, version: "v1", plural },
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(resyncMs !== undefined && { resyncMs }),
      project,
      handler,
      source,
      clock,
      random,
    });
    const watched: Watched = { reflector, failure: undefined };
    return watched;
  }
}

function isForbidden(error: Error | undefined): error is ApiError {
  return error instanceof ApiError && error.code === "FLEET_DISCOVERY_API_FORBIDDEN";
}

function missingRight({ request }: ApiError): Condition {
  const { verb, group, resource, namespace } = request;
  const what = group === "" ? resource : `${resource}.${group}`;
  const where = namespace === undefined ? "in every namespace" : `in namespace ${namespace}`;
  const object = namespace === undefined ? resource : `${resource}/${namespace}`;
  return condition("MissingRight", object, `the API server does not let us ${verb} ${what} ${where}`);
}
