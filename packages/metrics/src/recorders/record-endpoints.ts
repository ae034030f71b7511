import type { Counter, Tally } from "../prometheus/counter.ts";
import type { Labels } from "../prometheus/exposed.ts";
import type { Durations, Histogram } from "../prometheus/histogram.ts";
import type { Instruments } from "../prometheus/instruments.ts";
import { Keyed } from "../prometheus/keyed.ts";
import type { Roster } from "../roster/roster.ts";
import { on } from "./recorder.ts";
import type { Recorder } from "./recorder.ts";

// Fewer than for commands, since there is a series for every endpoint and outcome.
const acquireBoundsMs = [1, 10, 100, 1_000, 4_000];

/** The channels of pools and breakers, whose messages name an endpoint. */
export class EndpointRecorder implements Recorder {
  readonly channels: Recorder["channels"];
  readonly #tallies: readonly EndpointTallies[];
  readonly #acquire: Histogram;
  readonly #durations = new Keyed<string, Keyed<string, Keyed<string, Durations>>>(
    (endpoint) =>
      new Keyed((lane) => new Keyed((outcome) => this.#acquire.durations({ endpoint, lane, outcome }))),
  );

  constructor(instruments: Instruments) {
    const transitions = new EndpointTallies(
      instruments.counter("breaker_transitions_total", "State changes of a breaker."),
    );
    const connections = new EndpointTallies(
      instruments.counter("pool_connections_total", "Connections opened, closed and failed, by lane."),
    );
    this.#acquire = instruments.histogram(
      "pool_acquire_duration_seconds",
      "How long a lease was waited for, by lane and outcome.",
      acquireBoundsMs,
    );
    this.#tallies = [transitions, connections];
    this.channels = new Map([
      on("fleet:breaker:state", ({ name, from, to }) => transitions.add(name, { from, to })),
      on("fleet:pool:connection", ({ name, lane, event }) => connections.add(name, { lane, event })),
      on("fleet:pool:acquire", ({ name, lane, waitedMs, outcome }) =>
        this.#durations.of(name).of(lane).of(outcome).observe(waitedMs),
      ),
    ]);
  }

  prune(roster: Roster): void {
    for (const tallies of this.#tallies) tallies.prune(roster);
    this.#durations.prune(
      (endpoint) => roster.hasEndpoint(endpoint),
      (lanes) => {
        for (const outcomes of lanes.values())
          for (const durations of outcomes.values()) this.#acquire.drop(durations);
      },
    );
  }
}

/** A counter whose first label is an endpoint, for events that are rare. */
class EndpointTallies {
  readonly #counter: Counter;
  readonly #endpoints = new Keyed<string, Map<string, Tally>>(() => new Map());

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  add(endpoint: string, labels: Labels): void {
    const tallies = this.#endpoints.of(endpoint);
    const key = Object.values(labels).join(" ");
    let tally = tallies.get(key);
    if (tally === undefined) {
      tally = this.#counter.tally({ endpoint, ...labels });
      tallies.set(key, tally);
    }
    tally.value += 1;
  }

  prune(roster: Roster): void {
    this.#endpoints.prune(
      (endpoint) => roster.hasEndpoint(endpoint),
      (tallies) => {
        for (const tally of tallies.values()) this.#counter.drop(tally);
      },
    );
  }
}
