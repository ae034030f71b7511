import type { Clock } from "@fleet/time";

import type { RunDefinition } from "./protocol/definition.ts";
import type { Keys } from "./protocol/keys.ts";
import type { Connect } from "./redis/connection.ts";

/** An open run: what its workers and the questions about it share. */
export interface Run {
  readonly name: string;
  readonly epoch: string;
  readonly definition: RunDefinition;
  readonly keys: Keys;
  readonly connect: Connect;
  readonly commandTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}
