import { printed } from "@fleet/options";

import { InvalidOptionError } from "../errors.ts";
import type { Trip } from "./trip.ts";

/** Opens the circuit with so many failures in a row, without a success between. */
export class ConsecutiveFailures implements Trip {
  readonly cause = "consecutive-failures";
  readonly #limit: number;
  #failures = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get state(): unknown {
    return this.#failures;
  }

  set state(failures: unknown) {
    if (!Number.isSafeInteger(failures) || (failures as number) < 0)
      throw new InvalidOptionError("restore.trip", "an integer of at least 0", printed(failures));
    this.#failures = failures as number;
  }

  success(): void {
    this.#failures = 0;
  }

  failure(): boolean {
    this.#failures += 1;
    return this.#failures >= this.#limit;
  }

  forget(): void {
    this.#failures = 0;
  }
}
