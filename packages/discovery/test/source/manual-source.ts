import type {
  Condition,
  Instance,
  InstanceInput,
  InstanceSource,
  ResourceStats,
  SourceSink,
} from "../../src/index.ts";
import { parseInstances } from "../../src/instance/parse-instances.ts";

/** Instances with their defaults, from as little as a name. */
export function made(
  ...inputs: readonly (Partial<InstanceInput> & { readonly name: string })[]
): readonly Instance[] {
  const { instances, faults } = parseInstances({
    instances: inputs.map((input) => ({ endpoints: [{ host: "127.0.0.1", port: 6379 }], ...input })),
  });
  if (faults !== undefined) throw new Error(JSON.stringify(faults));
  return instances;
}

/** A source that does what the test says. */
export class ManualSource implements InstanceSource {
  readonly name: string;
  conditions: readonly Condition[] = [];
  resources: readonly ResourceStats[] = [];
  closes = 0;
  signal: AbortSignal | undefined;
  readonly #first = Promise.withResolvers<void>();
  #started: SourceSink | undefined;

  constructor(name: string) {
    this.name = name;
  }

  start(sink: SourceSink, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.signal = signal;
    this.#started = sink;
    return this.#first.promise;
  }

  close(): Promise<void> {
    this.closes += 1;
    return Promise.resolve();
  }

  /** The sink it was started with. */
  get sink(): SourceSink {
    if (this.#started === undefined) throw new Error(`source ${this.name} was not started`);
    return this.#started;
  }

  giveUp(error: unknown): void {
    this.#first.reject(error);
  }

  endStart(): void {
    this.#first.resolve();
  }
}
