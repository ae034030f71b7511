import { Counter } from "./counter.ts";
import type { Exposed } from "./exposed.ts";
import { Histogram } from "./histogram.ts";
import { Reading } from "./reading.ts";
import type { Read } from "./reading.ts";

/** Makes metrics of one prefix and remembers them all. */
export class Instruments {
  readonly all: Exposed[] = [];
  readonly #prefix: string;
  readonly #prepare: () => void;

  constructor(prefix: string, prepare: () => void) {
    this.#prefix = prefix;
    this.#prepare = prepare;
  }

  counter(name: string, help: string): Counter {
    return this.#remember(new Counter(this.#named(name), help, this.#prepare));
  }

  histogram(name: string, help: string, boundsMs: readonly number[]): Histogram {
    return this.#remember(new Histogram(this.#named(name), help, boundsMs, this.#prepare));
  }

  gauge(name: string, help: string, read: Read): void {
    this.#remember(new Reading("gauge", this.#named(name), help, read));
  }

  /** A counter that is kept elsewhere. */
  total(name: string, help: string, read: Read): void {
    this.#remember(new Reading("counter", this.#named(name), help, read));
  }

  #named(name: string): string {
    return `${this.#prefix}_${name}`;
  }

  #remember<T extends Exposed>(metric: T): T {
    this.all.push(metric);
    return metric;
  }
}
