import type { Clock } from "./clock.ts";
import type { Facts } from "./protocol/facts.ts";
import type { Keys } from "./protocol/keys.ts";
import type { Connect } from "./redis/connection.ts";

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
