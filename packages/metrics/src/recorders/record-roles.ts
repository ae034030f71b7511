import type { Counter, Tally } from "../prometheus/counter.ts";
import type { Instruments } from "../prometheus/instruments.ts";
import { Keyed } from "../prometheus/keyed.ts";
import type { Roster } from "../roster/roster.ts";
import { on } from "./recorder.ts";
import type { Recorder } from "./recorder.ts";

/** `fleet:client:role`, which comes when a primary or a replica is another one. */
export class RoleRecorder implements Recorder {
  readonly channels: Recorder["channels"] = new Map([
    on("fleet:client:role", ({ instance, event }) => {
      this.#instances.of(instance).of(event).value += 1;
    }),
  ]);
  readonly #events: Counter;
  readonly #instances = new Keyed<string, Keyed<string, Tally>>(
    (instance) => new Keyed((event) => this.#events.tally({ instance, event })),
  );

  constructor(instruments: Instruments) {
    this.#events = instruments.counter(
      "client_role_events_total",
      "Roles of an instance's endpoints that changed, are disputed, or that Redis does not report; replicas that became unfit or follow again.",
    );
  }

  prune(roster: Roster): void {
    this.#instances.prune(
      (instance) => roster.hasInstance(instance),
      (events) => {
        for (const tally of events.values()) this.#events.drop(tally);
      },
    );
  }
}
