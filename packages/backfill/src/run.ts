import type { Clock } from "./clock.ts";
import type { Connect } from "./connection.ts";
import type { Facts } from "./facts.ts";
import type { Keys } from "./keys.ts";

/** An open run: what its workers and those who look at it share. */
export interface Run {
  readonly name: string;
  readonly epoch: string;
  readonly facts: Facts;
  readonly keys: Keys;
  readonly connect: Connect;
  readonly commandTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}
