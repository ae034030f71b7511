import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { ChunkEvent, FetchEvent, LimitEvent, RedisEvent, TurnEvent, WriteEvent } from "@fleet/backfill";
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

import type { Snapshot } from "./monitor.ts";

/** What a page of metrics is made of. */
export interface Metrics extends Disposable {
  readonly contentType: string;
  render(): Promise<string>;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts what the engine publishes on its channels; gauges are read when the page is made. */
export function openMetrics(snapshot: () => Snapshot): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
    new Counter({ name: `fleet_worker_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string): Histogram =>
    new Histogram({ name: `fleet_worker_${name}`, help, buckets: seconds, registers });

  const claimed = counter("claimed_chunks_total", "Chunks claimed.");
  const chunks = counter("chunks_total", "Chunks that this worker is through with.", "outcome");
  const ids = counter(
    "ids_total",
    "Ids by how they ended: done, retried (to be tried again), dead.",
    "outcome",
  );
  const fetches = counter("fetches_total", "Calls to the hub.", "outcome");
  const writes = counter("writes_total", "Writes to the sink.", "outcome");
  const pauses = counter("hub_pauses_total", "Times the hub asked for a pause.");
  const redis = counter("redis_events_total", "Commands that did not end well, and recoveries.", "event");
  const chunkTime = histogram("chunk_duration_seconds", "From the claim of a chunk to its end.");
  const fetchTime = histogram("fetch_duration_seconds", "One call to the hub.");
  const writeTime = histogram("write_duration_seconds", "One write to the sink.");
  const waitTime = histogram("rate_wait_seconds", "What a fetch waited for the shared rate.");
  gauges(registers, snapshot);

  const listeners: Readonly<Record<string, (message: never) => void>> = {
    turn: ({ phase, claimed: count }: TurnEvent) => phase === "answered" && claimed.inc(count),
    chunk: ({ outcome, done, retried, dead, durationMs }: ChunkEvent) => {
      chunks.inc({ outcome });
      chunkTime.observe(durationMs / 1000);
      if (outcome === "fenced") return;
      ids.inc({ outcome: "done" }, done);
      ids.inc({ outcome: "retried" }, retried);
      ids.inc({ outcome: "dead" }, dead);
    },
    fetch: ({ outcome, durationMs = 0 }: FetchEvent) => {
      if (outcome === undefined) return;
      fetches.inc({ outcome });
      fetchTime.observe(durationMs / 1000);
    },
    write: ({ outcome, durationMs = 0 }: WriteEvent) => {
      if (outcome === undefined) return;
      writes.inc({ outcome });
      writeTime.observe(durationMs / 1000);
    },
    limit: ({ event, ms }: LimitEvent) => (event === "paused" ? pauses.inc() : waitTime.observe(ms / 1000)),
    redis: ({ event }: RedisEvent) => redis.inc({ event }),
  };
  const stops = Object.entries(listeners).map(([name, listener]) => {
    const listen = listener as (message: unknown) => void;
    subscribe(`fleet:backfill:${name}`, listen);
    return () => unsubscribe(`fleet:backfill:${name}`, listen);
  });
  return {
    contentType: register.contentType,
    render: () => register.metrics(),
    [Symbol.dispose]: () => {
      stops.forEach((stop) => stop());
      register.clear();
    },
  };
}

function gauges(registers: Registry[], snapshot: () => Snapshot): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: string[],
    read: (own: Gauge, now: Snapshot) => void,
  ): void => {
    void new Gauge({
      name: `fleet_worker_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        read(this, snapshot());
      },
    });
  };
  gauge("held_chunks", "Chunks it holds leases for.", [], (own, { stats }) => own.set(stats.held));
  gauge("permits", "How much of a limit is in use, and the limit.", ["limit", "kind"], (own, { stats }) => {
    for (const limit of ["hub", "database", "buffer"] as const)
      for (const kind of ["used", "limit"] as const) own.set({ limit, kind }, stats[limit][kind]);
  });
  gauge("pressure", "0 to 1: of the buffer and the sink.", [], (own, { stats }) => own.set(stats.pressure));
  gauge("breaker_state", "1 for the state it is in.", ["breaker", "state"], (own, { breakers }) => {
    for (const breaker of ["hub", "database"] as const)
      for (const state of ["closed", "open", "half-open", "isolated"])
        own.set({ breaker, state }, breakers[breaker] === state ? 1 : 0);
  });
  gauge("run_current", "1 when Redis has answered the last look at the run.", [], (own, { isCurrent }) =>
    own.set(isCurrent ? 1 : 0),
  );
  gauge("run_progress_ratio", "0 to 1, of the whole run.", [], (own, { status }) =>
    status?.progress === undefined ? undefined : own.set(status.progress),
  );
  gauge("run_eta_seconds", "Until the whole run is complete.", [], (own, { status }) =>
    status?.etaMs === undefined ? undefined : own.set(status.etaMs / 1000),
  );
  gauge("run_ids", "Ids of the whole run: done, dead, total.", ["state"], (own, { status }) => {
    for (const state of ["done", "dead", "total"] as const)
      if (status?.ids[state] !== undefined) own.set({ state }, status.ids[state]);
  });
  gauge("run_chunks", "Chunks of the whole run that are under way.", ["state"], (own, { status }) => {
    for (const state of ["leased", "retrying", "suspect"] as const)
      if (status !== undefined) own.set({ state }, status.chunks[state]);
  });
  gauge("run_oldest_lease_left_seconds", "What the longest-held lease has to go.", [], (own, { status }) =>
    status?.oldestLeaseLeftMs === undefined ? undefined : own.set(status.oldestLeaseLeftMs / 1000),
  );
}
