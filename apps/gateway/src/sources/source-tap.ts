import type { Condition, Instance, InstanceSource, ResourceStats, SourceSink } from "@fleet/discovery";

/** A source whose sets and failures are recorded on their way to discovery. */
export class SourceTap implements InstanceSource {
  readonly #source: InstanceSource;
  readonly #settled = Promise.withResolvers<void>();
  #instances: ReadonlySet<Instance> = new Set();
  #error: string | undefined;

  constructor(source: InstanceSource) {
    this.#source = source;
  }

  get name(): string {
    return this.#source.name;
  }

  get conditions(): readonly Condition[] {
    return this.#source.conditions ?? [];
  }

  get resources(): readonly ResourceStats[] {
    return this.#source.resources ?? [];
  }

  /** Resolves with the first set; never, where there is none. */
  get delivered(): Promise<void> {
    return this.#settled.promise;
  }

  /** The message of its last failure, until it delivers again. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Whether an instance is one of its own. */
  has(instance: Instance): boolean {
    return this.#instances.has(instance);
  }

  async start(sink: SourceSink, options: { readonly signal: AbortSignal }): Promise<void> {
    const note = (error: unknown): void => {
      this.#error = error instanceof Error ? error.message : "it failed";
    };
    const fail = (error: unknown): void => {
      note(error);
      sink.fail(error);
    };
    const replace: SourceSink["replace"] = (instances, standing): void => {
      this.#instances = new Set(instances);
      this.#error = undefined;
      if (standing !== undefined) note(standing.failure);
      sink.replace(instances, standing);
      this.#settled.resolve();
    };
    try {
      await this.#source.start({ fail, replace }, options);
    } catch (error) {
      note(error);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
