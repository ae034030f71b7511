import { sample, whole } from "./exposed.ts";
import type { Exposed, JsonSamples, Labels, Sample, Samples } from "./exposed.ts";

/** Says the value of each series, at the moment of a scrape. */
export type Read = (show: (labels: Labels, value: number) => void) => void;

/** Shows what is, or what was counted elsewhere. Holds nothing itself. */
export class Reading implements Exposed {
  name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly aggregator = "sum";
  readonly #read: Read;

  constructor(type: Reading["type"], name: string, help: string, read: Read) {
    this.type = type;
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
