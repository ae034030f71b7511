import type { Tally } from "../prometheus/counter.ts";
import type { Instruments } from "../prometheus/instruments.ts";
import { Keyed } from "../prometheus/keyed.ts";
import type { ChangeMessage } from "../roster/messages.ts";
import { on } from "./recorder.ts";
import type { Recorder } from "./recorder.ts";

/** The channels of discovery. */
export class DiscoveryRecorder implements Recorder {
  readonly channels: Recorder["channels"];

  constructor(instruments: Instruments) {
    const changes = instruments.counter(
      "discovery_changes_total",
      "Instances that were added, updated and removed.",
    );
    const conditions = instruments.counter(
      "discovery_condition_changes_total",
      "Conditions of a source that were raised and cleared, by reason.",
    );
    const errors = instruments.counter(
      "discovery_errors_total",
      "What went wrong in discovery, by error code and source.",
    );
    const byType: Readonly<Record<ChangeMessage["type"], Tally>> = {
      added: changes.tally({ type: "added" }),
      updated: changes.tally({ type: "updated" }),
      removed: changes.tally({ type: "removed" }),
    };
    const reflector = instruments.counter(
      "discovery_reflector_events_total",
      "What was done to keep a server's resource current, and what went wrong with it.",
    );
    const byResource = new Keyed<string, Keyed<string, Keyed<string, Tally>>>(
      (source) => new Keyed((resource) => new Keyed((event) => reflector.tally({ source, resource, event }))),
    );
    const byReason = new Keyed<string, Keyed<string, Keyed<string, Tally>>>(
      (source) => new Keyed((reason) => new Keyed((type) => conditions.tally({ source, reason, type }))),
    );
    const bySource = new Keyed<string, Keyed<string, Tally>>(
      (source) => new Keyed((code) => errors.tally({ code, source })),
    );
    this.channels = new Map([
      on("fleet:discovery:change", ({ type }) => {
        byType[type].value += 1;
      }),
      on("fleet:discovery:condition", ({ source, type, condition }) => {
        byReason.of(source).of(condition.reason).of(type).value += 1;
      }),
      on("fleet:discovery:error", ({ code, source }) => {
        bySource.of(source ?? "").of(code).value += 1;
      }),
      on("fleet:discovery:reflector", ({ source, resource, event }) => {
        byResource
          .of(source ?? "")
          .of(resource)
          .of(event).value += 1;
      }),
    ]);
  }

  prune(): void {
    // Sources live as long as their fleet.
  }
}
