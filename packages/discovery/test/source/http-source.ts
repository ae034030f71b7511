import { setTimeout as sleep } from "node:timers/promises";

import { DiscoveryError, type InstanceSource, type SourceSink, StaticSource } from "@fleet/discovery";

/** Instances from an HTTP API: `{ "instances": [...] }`, as in a file. */
export class HttpSource implements InstanceSource {
  readonly name = "http";
  readonly #url: string;
  readonly #everyMs: number;
  readonly #closed = new AbortController();

  constructor(url: string, everyMs = 10_000) {
    this.#url = url;
    this.#everyMs = everyMs;
  }

  /** Resolves with the first set; a failure before that is published, and tried again. */
  async start(sink: SourceSink, options: { readonly signal: AbortSignal }): Promise<void> {
    const signal = AbortSignal.any([options.signal, this.#closed.signal]);
    signal.throwIfAborted();
    while (!(await this.#read(sink, signal))) await sleep(this.#everyMs, undefined, { signal });
    void this.#follow(sink, signal);
  }

  async close(): Promise<void> {
    this.#closed.abort(new DiscoveryError("FLEET_DISCOVERY_CLOSED", "The source is closed"));
  }

  async #follow(sink: SourceSink, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#everyMs, undefined, { signal, ref: false }).catch(() => "aborted");
      await this.#read(sink, signal);
    }
  }

  async #read(sink: SourceSink, signal: AbortSignal): Promise<boolean> {
    try {
      const answer = await fetch(this.#url, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
      });
      if (!answer.ok) throw new Error(`${this.#url} answers ${answer.status}`);
      const { instances } = (await answer.json()) as { instances: [] };
      // Checks them all, completes them, and hands them over whole.
      await new StaticSource(instances).start(sink, { signal });
      return true;
    } catch (error) {
      if (!signal.aborted) sink.fail(error);
      return false;
    }
  }
}
