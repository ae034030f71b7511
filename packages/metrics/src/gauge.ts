import { sample, whole } from "./exposed.ts";
import type { Exposed, JsonSamples, Labels, Sample, Samples } from "./exposed.ts";

/** Tells what is, at the moment of a scrape. Holds nothing itself. */
export class Gauge implements Exposed {
  name: string;
  readonly help: string;
  readonly type = "gauge";
  readonly aggregator = "sum";
  readonly #read: (tell: (labels: Labels, value: number) => void) => void;

  constructor(name: string, help: string, read: (tell: (labels: Labels, value: number) => void) => void) {
    this.name = name;
    this.help = help;
    this.#read = read;
  }

  // oxlint-disable-next-line require-await
  async getForPromString(): Promise<Samples> {
    const values: Sample[] = [];
    this.#read((labels, value) => values.push(sample(labels, value)));
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  async get(): Promise<JsonSamples> {
    return whole(await this.getForPromString());
  }

  reset(): void {
    // What is, is: there is nothing to forget.
  }
}
