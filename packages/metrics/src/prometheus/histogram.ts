import { sample, whole } from "./exposed.ts";
import type { Exposed, JsonSamples, Labels, Sample, Samples } from "./exposed.ts";

/** One series of a histogram of durations. Its owner keeps it. */
export class Durations {
  readonly #boundsMs: readonly number[];
  /** How many fell into each bucket, those above the last bound at the end. */
  readonly #counts: number[];
  #sumMs = 0;
  /** A line for each bucket, then the sum, then the count. */
  readonly #samples: readonly Sample[];

  constructor(name: string, labels: Labels, boundsMs: readonly number[]) {
    const bounds = [...boundsMs.map((ms) => String(ms / 1000)), "+Inf"];
    this.#boundsMs = boundsMs;
    this.#counts = bounds.map(() => 0);
    this.#samples = [
      ...bounds.map((le) => sample({ le, ...labels }, 0, `${name}_bucket`)),
      sample(labels, 0, `${name}_sum`),
      sample(labels, 0, `${name}_count`),
    ];
  }

  observe(ms: number): void {
    const bounds = this.#boundsMs;
    let bucket = 0;
    // Linear: what is measured mostly falls into the first few buckets.
    while (bucket < bounds.length && ms > bounds[bucket]!) bucket += 1;
    this.#counts[bucket]! += 1;
    this.#sumMs += ms;
  }

  /** Its lines, brought up to date. */
  samples(): readonly Sample[] {
    let total = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      total += count;
      this.#samples[bucket]!.value = total;
    }
    this.#samples.at(-2)!.value = this.#sumMs / 1000;
    this.#samples.at(-1)!.value = total;
    return this.#samples;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sumMs = 0;
  }
}

/** Durations in buckets; given in milliseconds, shown in seconds, as Prometheus wants it. */
export class Histogram implements Exposed {
  name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly aggregator = "sum";
  readonly #boundsMs: readonly number[];
  readonly #series = new Set<Durations>();
  readonly #prepare: () => void;

  constructor(name: string, help: string, boundsMs: readonly number[], prepare: () => void) {
    this.name = name;
    this.help = help;
    this.#boundsMs = boundsMs;
    this.#prepare = prepare;
  }

  /** A new series. Every combination of labels is asked for once; whoever asked keeps the answer. */
  durations(labels: Labels): Durations {
    const durations = new Durations(this.name, labels, this.#boundsMs);
    this.#series.add(durations);
    return durations;
  }

  drop(durations: Durations): void {
    this.#series.delete(durations);
  }

  // oxlint-disable-next-line require-await
  async getForPromString(): Promise<Samples> {
    this.#prepare();
    const values = Array.from(this.#series, (durations) => durations.samples()).flat();
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  async get(): Promise<JsonSamples> {
    return whole(await this.getForPromString());
  }

  reset(): void {
    for (const durations of this.#series) durations.reset();
  }
}
