import { channel } from "node:diagnostics_channel";

import { observe } from "@fleet/metrics";
import type { ObserveOptions } from "@fleet/metrics";
import { Gauge, Registry } from "prom-client";

import type { Contestant, Scenario } from "../harness/scenario.ts";
import { median } from "../harness/stats.ts";

type Stats = ReturnType<NonNullable<ObserveOptions["stats"]>>;

/** What a scrape may take at a thousand endpoints, in milliseconds. */
const limitMs = 20;

export const scrape: Scenario = {
  name: "scrape",
  question: "How long does a scrape of a thousand endpoints take, against plain prom-client gauges?",
  full: { rounds: 9, roundMs: 1000, size: 1000 },
  quick: { rounds: 3, roundMs: 500, size: 1000 },
  async prepare({ plan, opened }) {
    const stats = statsOf(plan.size! / 2);
    const observation = opened.use(observe({ stats: () => stats }));
    for (const { name, endpoints } of stats.instances)
      for (const { host, port } of endpoints) announce(name, `${host}:${port}`);
    const text = await observation.render();
    const plain = plainGauges(text);
    return {
      contestants: [
        scraping("fleet", () => observation.render()),
        scraping("prom-client", () => plain.metrics()),
      ],
      comparisons: [
        {
          title: `a scrape of ${plan.size} endpoints`,
          ours: "fleet",
          theirs: { "prom-client": "prom-client" },
        },
      ],
      packages: { "@fleet/metrics": "@fleet/metrics", "prom-client": "prom-client" },
      versions: {},
      setup: { lines: String(text.split("\n").length), "limit of a scrape": `${limitMs} ms` },
      notes: [],
    };
  },
};

/** Instances of two endpoints each. */
function statsOf(instances: number): Stats {
  const endpoint = (host: string): Stats["instances"][number]["endpoints"][number] => ({
    host,
    port: 6379,
    health: { status: "healthy", latencyMs: 0.4 },
    breaker: { name: "closed" },
    pool: {
      shared: { dials: 1, inFlight: 1, waiting: 0 },
      exclusive: { dials: 1, leased: 0, idle: 1, waiting: 0, max: 25 },
    },
  });
  return {
    instances: Array.from({ length: instances }, (_, index) => ({
      name: `instance-${index}`,
      state: "ready",
      endpoints: [0, 1].map((n) => endpoint(`10.1.${index >> 7}.${(index & 127) * 2 + n}`)),
    })),
    discovery: { sources: [] },
  };
}

/** One call and one connection of an endpoint, as the client and the pool publish them. */
function announce(instance: string, endpoint: string): void {
  channel("fleet:client:command").publish({
    instance,
    endpoint,
    command: "GET",
    access: "read",
    durationMs: 0.4,
    attempts: 1,
    outcome: "ok",
  });
  channel("fleet:pool:connection").publish({
    name: `${instance}/${endpoint}`,
    lane: "shared",
    event: "open",
  });
}

/** The same series as gauges of prom-client. */
function plainGauges(text: string): Registry {
  const register = new Registry();
  const gauges = new Map<string, Gauge>();
  for (const [, name, labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? [^\s]+$/gm)) {
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!] as const);
    let gauge = gauges.get(name!);
    if (gauge === undefined) {
      const labelNames = pairs.map(([key]) => key);
      gauge = new Gauge({ name: name!, help: name!, labelNames, registers: [register] });
      gauges.set(name!, gauge);
    }
    gauge.set(Object.fromEntries(pairs), 1);
  }
  return register;
}

function scraping(name: string, render: () => Promise<string>): Contestant {
  return {
    name,
    async measure({ roundMs, signal }) {
      const times: number[] = [];
      const until = performance.now() + roundMs;
      for (let now = performance.now(); now < until && !signal.aborted;) {
        await render();
        const end = performance.now();
        times.push(end - now);
        now = end;
      }
      return { opsPerSec: 1000 / median(times), scrapeMs: median(times) };
    },
  };
}
