import type { Instruments } from "../prometheus/instruments.ts";
import type { Read } from "../prometheus/reading.ts";
import type { FleetStatsLike } from "../roster/fleet-stats-like.ts";

type Source = FleetStatsLike["discovery"]["sources"][number];
type Resource = Source["resources"][number];
type Counts = Readonly<Record<string, number>>;

const states = ["starting", "current", "stale", "failed", "closed"];

/** Where discovery stands at the moment of a scrape: its sources, and what they read from a server. */
export function registerSources(look: () => FleetStatsLike, instruments: Instruments): void {
  sources(look, instruments);
  resources(look, instruments);
}

function sources(look: () => FleetStatsLike, instruments: Instruments): void {
  const each =
    (labelled: string, counts: (source: Source) => Counts): Read =>
    (show) => {
      for (const source of look().discovery.sources)
        for (const [value, count] of Object.entries(counts(source)))
          show({ source: source.name, [labelled]: value }, count);
    };
  instruments.gauge(
    "discovery_source_state",
    "1 for the state that a source is in, 0 for the others.",
    each("state", ({ state }) => Object.fromEntries(states.map((one) => [one, Number(one === state)]))),
  );
  instruments.gauge(
    "discovery_instances",
    "Instances in the last good set of a source, by the convention that recognised them.",
    each("profile", ({ instances, profiles }) => ({
      ...profiles,
      "": instances - Object.values(profiles).reduce((sum, count) => sum + count, 0),
    })),
  );
  instruments.gauge(
    "discovery_conditions",
    "What an operator should know of a source's world now, by reason.",
    each("reason", ({ conditions }) => {
      const counts: Record<string, number> = {};
      for (const { reason } of conditions) counts[reason] = (counts[reason] ?? 0) + 1;
      return counts;
    }),
  );
  instruments.gauge(
    "discovery_source_conflicts",
    "Instances of a source that are not served, because another claims their name or uid.",
    (show) => {
      for (const { name, conflicts } of look().discovery.sources) show({ source: name }, conflicts.length);
    },
  );
  instruments.gauge("discovery_last_sync_age_seconds", "Since a source last handed over its set.", (show) => {
    for (const { name, lastSyncAgeMs } of look().discovery.sources)
      if (lastSyncAgeMs !== undefined) show({ source: name }, lastSyncAgeMs / 1000);
  });
}

function resources(look: () => FleetStatsLike, instruments: Instruments): void {
  const each =
    (value: (resource: Resource) => number | undefined): Read =>
    (show) => {
      for (const { name: source, resources } of look().discovery.sources)
        for (const one of resources) {
          const now = value(one);
          if (now !== undefined) show({ source, resource: one.resource }, now);
        }
    };
  const eachBy =
    (labelled: string, counts: (resource: Resource) => Counts): Read =>
    (show) => {
      for (const { name: source, resources } of look().discovery.sources)
        for (const one of resources)
          for (const [value, count] of Object.entries(counts(one)))
            show({ source, resource: one.resource, [labelled]: value }, count);
    };
  instruments.gauge(
    "discovery_resource_watching",
    "1 while changes of a server's resource arrive as they happen, else 0.",
    each(({ state }) => Number(state === "watching")),
  );
  instruments.gauge(
    "discovery_resource_objects",
    "Objects that are kept of a server's resource.",
    each(({ objects }) => objects),
  );
  instruments.gauge(
    "discovery_resource_last_sync_age_seconds",
    "Since the server last proved that a resource is current.",
    each(({ lastSyncAgeMs }) => (lastSyncAgeMs === undefined ? undefined : lastSyncAgeMs / 1000)),
  );
  instruments.total(
    "discovery_resource_lists_total",
    "Whole sets that were read of a server's resource.",
    each(({ lists }) => lists),
  );
  instruments.total(
    "discovery_resource_restarts_total",
    "Watches that ended, by reason.",
    eachBy("reason", ({ restarts }) => restarts),
  );
  instruments.total(
    "discovery_resource_events_total",
    "Events of watches, by type.",
    eachBy("type", ({ events }) => events),
  );
  instruments.total(
    "discovery_resource_decode_errors_total",
    "What a server sent that could not be read.",
    each(({ decodeErrors }) => decodeErrors),
  );
}
