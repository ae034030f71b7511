import { keepAlive } from "@fleet/time";

import { DiscoveryError } from "../errors.ts";
import type { Instance } from "../instance/instance.ts";
import type { SourceSink, SourceStartOptions, StandingFailure } from "./source.ts";

/** The life of a source as its sink sees it: one start, one end, and nothing handed over after the end. */
export class Delivery {
  readonly #source: string;
  readonly #end = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #sink: SourceSink | undefined;

  constructor(source: string) {
    this.#source = source;
    this.#first.promise.catch(() => undefined); // A source may end before it was started.
  }

  /** Aborted at the end. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /**
   * Lets the work begin and resolves once a first set was handed over.
   *
   * @throws the signal's reason when that ends it, DiscoveryError (FLEET_DISCOVERY_CLOSED) at a second start or after the end.
   */
  async begin(
    sink: SourceSink,
    { signal, inBackground = false }: SourceStartOptions,
    work: () => void,
  ): Promise<void> {
    signal.throwIfAborted();
    if (this.#sink !== undefined || this.signal.aborted) throw this.#over();
    this.#sink = sink;
    signal.addEventListener("abort", () => this.end(signal.reason), { once: true, signal: this.signal });
    work();
    await (inBackground ? this.#first.promise : keepAlive(this.#first.promise));
  }

  replace(instances: readonly Instance[], standing?: StandingFailure): void {
    if (this.signal.aborted) return;
    this.#sink?.replace(instances, standing);
    this.#first.resolve();
  }

  fail(error: unknown): void {
    if (!this.signal.aborted) this.#sink?.fail(error);
  }

  end(reason: unknown = this.#over()): void {
    this.#end.abort(reason);
    this.#first.reject(reason);
  }

  #over(): DiscoveryError {
    return new DiscoveryError(
      "FLEET_DISCOVERY_CLOSED",
      `Source ${this.#source} is closed or was started before`,
    );
  }
}
