import { publishReflector } from "../../channels.ts";
import type { DiscoveryReflectorEvent } from "../../channels.ts";
import type { ResourceStats } from "../../source/resource-stats.ts";
import { asError } from "../api/as-error.ts";

interface Name {
  readonly source: string | undefined;
  readonly resource: string;
}

type Counts = Record<string, number>;

/** What a reflector has done so far, counted and published. */
export class ReflectorTally {
  readonly #name: Name;
  readonly #restarts: Counts = {};
  readonly #events: Counts = {};
  #lists = 0;
  #decodeErrors = 0;

  constructor(name: Name) {
    this.#name = name;
  }

  get stats(): Pick<ResourceStats, "resource" | "lists" | "restarts" | "events" | "decodeErrors"> {
    return {
      resource: this.#name.resource,
      lists: this.#lists,
      restarts: { ...this.#restarts },
      events: { ...this.#events },
      decodeErrors: this.#decodeErrors,
    };
  }

  get resource(): string {
    return this.#name.resource;
  }

  tell(
    event: DiscoveryReflectorEvent["event"],
    facts: Pick<DiscoveryReflectorEvent, "reason" | "error"> = {},
  ): void {
    publishReflector({ ...this.#name, event, ...facts });
  }

  event(type: string): void {
    count(this.#events, type);
  }

  listed(): void {
    this.#lists += 1;
    this.tell("listed");
  }

  restarted(reason: string): void {
    count(this.#restarts, reason);
    this.tell("restarted", { reason });
  }

  /** Something was not understood. */
  garbled(): void {
    this.#decodeErrors += 1;
  }

  dropped(error: unknown): void {
    this.#decodeErrors += 1;
    this.tell("dropped", { error: asError(error) });
  }
}

function count(counts: Counts, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
