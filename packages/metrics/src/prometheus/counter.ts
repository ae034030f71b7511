import { sample, whole } from "./exposed.ts";
import type { Exposed, JsonSamples, Labels, Sample, Samples } from "./exposed.ts";

/** One series of a counter. Its owner keeps it and adds to `value`. */
export type Tally = Sample;

/** Counts events. Made with what must be brought up to date before a scrape. */
export class Counter implements Exposed {
  name: string;
  readonly help: string;
  readonly type = "counter";
  readonly aggregator = "sum";
  readonly #tallies = new Set<Tally>();
  readonly #prepare: () => void;

  constructor(name: string, help: string, prepare: () => void) {
    this.name = name;
    this.help = help;
    this.#prepare = prepare;
  }

  /** A new series. Every combination of labels is asked for once, and its owner keeps the series. */
  tally(labels: Labels): Tally {
    const tally = sample(labels, 0);
    this.#tallies.add(tally);
    return tally;
  }

  drop(tally: Tally): void {
    this.#tallies.delete(tally);
  }

  // oxlint-disable-next-line require-await
  async getForPromString(): Promise<Samples> {
    this.#prepare();
    const values = [...this.#tallies];
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  async get(): Promise<JsonSamples> {
    return whole(await this.getForPromString());
  }

  reset(): void {
    for (const tally of this.#tallies) tally.value = 0;
  }
}
