import type { Clock } from "@fleet/time";

import { DiscoveryError } from "../errors.ts";
import type { Instance } from "../instance/instance.ts";
import type { InstanceSource, SourceSink, StandingFailure } from "../source/source.ts";
import type { SourceStats } from "./stats.ts";

/** What the owner of a source is called with. */
interface Owner {
  readonly clock: Clock;
  /** It handed over another list; `previous` is undefined at the first. */
  changed(previous: readonly Instance[] | undefined, next: readonly Instance[]): void;
  failed(error: Error & { readonly code: string }): void;
}

/** A source and the last good set it handed over. */
export class HeldSource {
  readonly #source: InstanceSource;
  readonly #owner: Owner;
  #instances: readonly Instance[] | undefined;
  #syncedAt = 0;
  #error: (Error & { readonly code: string }) | undefined;
  #closed = false;

  constructor(source: InstanceSource, owner: Owner) {
    this.#source = source;
    this.#owner = owner;
  }

  get name(): string {
    return this.#source.name;
  }

  get instances(): readonly Instance[] {
    return this.#instances ?? [];
  }

  get delivered(): boolean {
    return this.#instances !== undefined;
  }

  /** The last failure, until an attempt delivers again. */
  get error(): (Error & { readonly code: string }) | undefined {
    return this.#error;
  }

  /** Begins; resolves with the first set or the first failure, whichever comes first. */
  start(signal: AbortSignal): Promise<void> {
    const first = Promise.withResolvers<void>();
    const sink: SourceSink = {
      replace: (instances, standing) => {
        if (!this.#closed) this.#replace(instances, standing);
        first.resolve();
      },
      fail: (error) => {
        this.#fail(error);
        first.resolve();
      },
    };
    // Inside a promise's executor, so that a source that throws at once is a source whose start rejects.
    const started = new Promise<void>((resolve) =>
      resolve(this.#source.start(sink, { signal, inBackground: true })),
    );
    started.then(
      () => {
        if (!this.delivered && this.#error === undefined)
          sink.fail(new Error("it started without handing over a set"));
      },
      (error: unknown) => sink.fail(error),
    );
    return first.promise;
  }

  stats(conflicts: readonly string[]): SourceStats {
    return {
      name: this.name,
      state: this.#state,
      instances: this.instances.length,
      conflicts,
      lastSyncAgeMs: this.delivered ? this.#owner.clock.now() - this.#syncedAt : undefined,
      lastError: this.#error?.code,
      profiles: countBy(this.instances, ({ profile }) => profile),
      conditions: this.#source.conditions ?? [],
      resources: this.#source.resources ?? [],
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#source.close();
    } catch (error) {
      this.#owner.failed(coded(error, this.name));
    }
  }

  get #state(): SourceStats["state"] {
    if (this.#closed) return "closed";
    if (this.#error !== undefined) return this.delivered ? "stale" : "failed";
    return this.delivered ? "current" : "starting";
  }

  #replace(instances: readonly Instance[], standing: StandingFailure | undefined): void {
    const previous = this.#instances;
    this.#instances = instances;
    this.#syncedAt = this.#owner.clock.now();
    this.#error = standing && coded(standing.failure, this.name);
    if (instances !== previous) this.#owner.changed(previous, instances);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#error = coded(error, this.name);
    this.#owner.failed(this.#error);
  }
}

function countBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const item of items) {
    const key = keyOf(item);
    if (key !== undefined) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** The error itself where it has a code, else wrapped into one that has. */
function coded(error: unknown, source: string): Error & { readonly code: string } {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error as Error & { readonly code: string };
  const reason = error instanceof Error ? error.message : "it threw something that is not an error";
  return new DiscoveryError("FLEET_DISCOVERY_SOURCE_FAILED", `Source ${source} failed: ${reason}`, {
    source,
    cause: error,
  });
}
