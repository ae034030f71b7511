import { setImmediate as afterIo } from "node:timers/promises";

import { FakeClock, seededRandom } from "@fleet/testkit";

import { ExclusiveLane, type ExclusiveLaneOptions } from "../../../../src/index.ts";
import { FakeConnection, FakeFactory } from "../../../exclusive/fake-factory.ts";

export interface Scene {
  readonly clock: FakeClock;
  readonly factory: FakeFactory;
  readonly lane: ExclusiveLane<FakeConnection>;
  /** Lets everything run that needs no time. */
  readonly settle: () => Promise<void>;
}

/** A lane over a fake factory, on a clock that stands still. */
export function open(options: Partial<ExclusiveLaneOptions<FakeConnection>> = {}): Scene {
  const clock = new FakeClock();
  const factory = new FakeFactory();
  const lane = new ExclusiveLane({ name: "test", factory, clock, random: seededRandom(1), ...options });
  return { clock, factory, lane, settle: () => afterIo() };
}

/** How a promise ended so far, without waiting for it. */
export function outcomeOf(promise: Promise<unknown>): { readonly ended: () => unknown } {
  let ended: unknown = "pending";
  promise.then(
    (value) => (ended = value),
    (error: unknown) => (ended = error),
  );
  return { ended: () => ended };
}
