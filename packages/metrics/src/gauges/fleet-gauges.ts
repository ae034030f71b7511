import type { Labels } from "../prometheus/exposed.ts";
import type { Instruments } from "../prometheus/instruments.ts";
import { Keyed } from "../prometheus/keyed.ts";
import type { FleetStatsLike, LaneStatsLike } from "../roster/fleet-stats-like.ts";
import { endpointName } from "../roster/roster.ts";
import { registerSources } from "./source-gauges.ts";

type Stats = FleetStatsLike;
type EndpointStats = Stats["instances"][number]["endpoints"][number];

const instanceStates = ["ready", "drain", "maintenance"];
const breakerStates = ["closed", "open", "half-open", "isolated"];

/** What a lane may have, and how it is shown. */
const laneGauges: readonly (readonly [stat: keyof LaneStatsLike, name: string, help: string])[] = [
  ["inFlight", "pool_in_flight", "Commands that the server has not answered, by lane."],
  ["waiting", "pool_waiting", "Calls that wait for a connection, by lane."],
  ["leased", "pool_leased", "Connections that are lent, by lane."],
  ["idle", "pool_idle", "Connections that wait for work, by lane."],
  ["max", "pool_max", "How many connections there may be, by lane."],
];

const unfitReasons = ["link-down", "lagging", "syncing", "never-synced", "other-primary", "own-primary"];

/** An endpoint with its labels. They are made once, since prom-client caches their text by the identity of the record. */
interface Row {
  readonly labels: Labels;
  readonly breakerLabels: readonly Labels[];
  readonly unfitLabels: readonly Labels[];
  readonly laneLabels: Keyed<string, Labels>;
  readonly stats: EndpointStats;
}

/** What a fleet is at the moment of a scrape. An endpoint that no call has needed yet has no pool and no breaker to show. */
export class FleetGauges {
  readonly #look: () => Stats;
  #stats: Stats | undefined;
  #rows: ReadonlyMap<string, Row> = new Map();

  /** @param look answers the same object as long as a scrape lasts. */
  constructor(look: () => Stats) {
    this.#look = look;
  }

  register(instruments: Instruments): void {
    this.#instances(instruments);
    this.#endpoints(instruments);
    registerSources(this.#look, instruments);
  }

  #instances(instruments: Instruments): void {
    instruments.gauge("instances", "Instances that are served, by state.", (show) => {
      const { instances } = this.#look();
      for (const state of instanceStates)
        show({ state }, instances.filter((instance) => instance.state === state).length);
    });
  }

  #endpoints(instruments: Instruments): void {
    instruments.gauge("breaker_state", "1 for the state that a breaker is in, 0 for the others.", (show) => {
      for (const { breakerLabels, stats } of this.#current())
        if (stats.breaker !== undefined)
          for (const labels of breakerLabels) show(labels, Number(stats.breaker.name === labels["state"]));
    });
    instruments.gauge(
      "replica_unfit",
      "1 for the reason why a replica, or a primary beside the primary, is not read from, 0 for the others.",
      (show) => {
        for (const { unfitLabels, stats } of this.#current())
          if (stats.replication !== undefined)
            for (const labels of unfitLabels)
              show(labels, Number(stats.replication.unfit === labels["reason"]));
      },
    );
    const each = (name: string, help: string, value: (stats: EndpointStats) => number | undefined): void =>
      instruments.gauge(name, help, (show) => {
        for (const { labels, stats } of this.#current()) {
          const now = value(stats);
          if (now !== undefined) show(labels, now);
        }
      });
    each(
      "replica_lag_bytes",
      "How far a replica was behind its primary when it was asked last, in bytes of replication.",
      ({ replication }) => replication?.lagBytes,
    );
    each("pool_health", "1 after a good health check, 0 after a bad one.", ({ health }) =>
      health === undefined || health.status === "unknown" ? undefined : Number(health.status === "healthy"),
    );
    each("pool_health_check_duration_seconds", "How long the last good health check took.", ({ health }) =>
      health?.latencyMs === undefined ? undefined : health.latencyMs / 1000,
    );
    for (const [stat, name, help] of laneGauges)
      instruments.gauge(name, help, (show) => {
        for (const { laneLabels, stats } of this.#current())
          for (const [lane, laneStats] of Object.entries(stats.pool ?? {})) {
            const now = laneStats[stat];
            const isUsed = laneStats.dials > 0 || laneStats.waiting > 0;
            if (isUsed && now !== undefined) show(laneLabels.of(lane), now);
          }
      });
  }

  /** The endpoints as they are, each with the labels it had before. */
  #current(): Iterable<Row> {
    const stats = this.#look();
    if (stats !== this.#stats) {
      this.#stats = stats;
      const rows = new Map<string, Row>();
      for (const { name, endpoints } of stats.instances)
        for (const endpoint of endpoints) {
          const key = endpointName(name, endpoint);
          rows.set(key, { ...(this.#rows.get(key) ?? labelled(key)), stats: endpoint });
        }
      this.#rows = rows;
    }
    return this.#rows.values();
  }
}

function labelled(endpoint: string): Omit<Row, "stats"> {
  return {
    labels: { endpoint },
    breakerLabels: breakerStates.map((state) => ({ endpoint, state })),
    unfitLabels: unfitReasons.map((reason) => ({ endpoint, reason })),
    laneLabels: new Keyed((lane) => ({ endpoint, lane })),
  };
}
