import { channel } from "node:diagnostics_channel";

import { AggregatorRegistry, Counter, Histogram, Registry } from "prom-client";
import type { OpenMetricsContentType } from "prom-client";
import { describe, expect, test } from "vitest";

import { observe } from "../src/index.ts";
import type { FleetStatsLike, ObserveOptions } from "../src/index.ts";
import { endpoint, fixtures, fleet, tell } from "./fixtures.ts";

const here = "orders/10.0.0.1:6379";

/** A register under observation, with its lines. */
function observed(options: Omit<ObserveOptions, "register"> = {}): Observed {
  const register = new Registry();
  const observation = observe({ register, ...options });
  return {
    register,
    lines: async (name) => {
      const text = await register.metrics();
      return text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    },
    [Symbol.dispose]: () => observation[Symbol.dispose](),
  };
}

interface Observed extends Disposable {
  readonly register: Registry;
  /** The lines of one metric. */
  lines(name: string): Promise<readonly string[]>;
}

describe("what the channels tell is counted", () => {
  test("commands, by instance, endpoint, outcome and code", async () => {
    using it = observed();
    tell("fleet:client:command");
    tell("fleet:client:command");
    tell("fleet:client:command", { outcome: "unknown", code: "FLEET_POOL_COMMAND_TIMEOUT" });
    tell("fleet:client:command", { outcome: "cancelled" });
    tell("fleet:client:command", { endpoint: undefined, outcome: "error", code: "FLEET_ROUTER_NO_TARGET" });
    expect(await it.lines("fleet_client_commands_total")).toEqual([
      `fleet_client_commands_total{instance="orders",endpoint="${here}",outcome="ok",code=""} 2`,
      `fleet_client_commands_total{instance="orders",endpoint="${here}",outcome="unknown",code="FLEET_POOL_COMMAND_TIMEOUT"} 1`,
      `fleet_client_commands_total{instance="orders",endpoint="${here}",outcome="cancelled",code=""} 1`,
      'fleet_client_commands_total{instance="orders",endpoint="",outcome="ok",code=""} 0',
      'fleet_client_commands_total{instance="orders",endpoint="",outcome="error",code="FLEET_ROUTER_NO_TARGET"} 1',
    ]);
  });

  test("their durations, in buckets from a tenth of a millisecond", async () => {
    using it = observed();
    for (const durationMs of [0.05, 0.1, 0.4, 3, 20_000]) tell("fleet:client:command", { durationMs });
    const lines = await it.lines("fleet_client_command_duration_seconds_bucket");
    expect(lines).toHaveLength(13);
    const shown = lines.map((line) => line.replace(/.*le="(.*?)".* (\d+)$/, "$1:$2"));
    expect(shown.slice(0, 6)).toEqual([
      "0.0001:2",
      "0.00025:2",
      "0.0005:3",
      "0.001:3",
      "0.0025:3",
      "0.005:4",
    ]);
    expect(shown.slice(-2)).toEqual(["5:4", "+Inf:5"]);
    const [sum] = await it.lines("fleet_client_command_duration_seconds_sum");
    expect(Number(sum?.split(" ")[1])).toBeCloseTo(20.00355, 9);
    expect(await it.lines("fleet_client_command_duration_seconds_count")).toEqual([
      'fleet_client_command_duration_seconds_count{instance="orders"} 5',
    ]);
  });

  test("decisions of the router", async () => {
    using it = observed();
    tell("fleet:router:pick");
    tell("fleet:router:pick", { access: "write", reason: "only" });
    tell("fleet:router:pick", { access: "write", outcome: "refused", reason: "no-primary" });
    expect(await it.lines("fleet_router_decisions_total")).toEqual([
      'fleet_router_decisions_total{policy="leastRequests",access="read",outcome="picked",reason="policy"} 1',
      'fleet_router_decisions_total{policy="leastRequests",access="write",outcome="picked",reason="only"} 1',
      'fleet_router_decisions_total{policy="leastRequests",access="write",outcome="refused",reason="no-primary"} 1',
    ]);
  });

  test("transitions of breakers, connections and acquires of pools", async () => {
    using it = observed();
    tell("fleet:breaker:state");
    tell("fleet:breaker:state", { from: "open", to: "half-open" });
    tell("fleet:pool:connection");
    tell("fleet:pool:connection", { lane: "exclusive", event: "failed" });
    tell("fleet:pool:acquire");
    expect(await it.lines("fleet_breaker_transitions_total")).toEqual([
      `fleet_breaker_transitions_total{endpoint="${here}",from="closed",to="open"} 1`,
      `fleet_breaker_transitions_total{endpoint="${here}",from="open",to="half-open"} 1`,
    ]);
    expect(await it.lines("fleet_pool_connections_total")).toEqual([
      `fleet_pool_connections_total{endpoint="${here}",lane="shared",event="open"} 1`,
      `fleet_pool_connections_total{endpoint="${here}",lane="exclusive",event="failed"} 1`,
    ]);
    expect(await it.lines("fleet_pool_acquire_duration_seconds_bucket")).toContain(
      `fleet_pool_acquire_duration_seconds_bucket{le="0.1",endpoint="${here}",lane="exclusive",outcome="miss"} 1`,
    );
  });

  test("changes and errors of discovery", async () => {
    using it = observed();
    tell("fleet:discovery:change");
    tell("fleet:discovery:error");
    tell("fleet:discovery:error", { code: "FLEET_DISCOVERY_LISTENER_FAILED", source: undefined });
    expect(await it.lines("fleet_discovery_changes_total")).toEqual([
      'fleet_discovery_changes_total{type="added"} 1',
      'fleet_discovery_changes_total{type="updated"} 0',
      'fleet_discovery_changes_total{type="removed"} 0',
    ]);
    expect(await it.lines("fleet_discovery_errors_total")).toEqual([
      'fleet_discovery_errors_total{code="FLEET_DISCOVERY_INVALID_FILE",source="file:fleet.yaml"} 1',
      'fleet_discovery_errors_total{code="FLEET_DISCOVERY_LISTENER_FAILED",source=""} 1',
    ]);
  });

  test("conditions that come and go", async () => {
    using it = observed();
    tell("fleet:discovery:condition");
    tell("fleet:discovery:condition");
    tell("fleet:discovery:condition", { type: "cleared" });
    expect(await it.lines("fleet_discovery_condition_changes_total")).toEqual([
      'fleet_discovery_condition_changes_total{source="kubernetes",reason="NoPort",type="raised"} 2',
      'fleet_discovery_condition_changes_total{source="kubernetes",reason="NoPort",type="cleared"} 1',
    ]);
  });

  test("roles that change", async () => {
    using it = observed();
    tell("fleet:client:role");
    tell("fleet:client:role", { event: "disputed" });
    expect(await it.lines("fleet_client_role_events_total")).toEqual([
      'fleet_client_role_events_total{instance="orders",event="changed"} 1',
      'fleet_client_role_events_total{instance="orders",event="disputed"} 1',
    ]);
  });

  test("what reflectors do", async () => {
    using it = observed();
    tell("fleet:discovery:reflector");
    tell("fleet:discovery:reflector");
    tell("fleet:discovery:reflector", { source: undefined, event: "handler" });
    expect(await it.lines("fleet_discovery_reflector_events_total")).toEqual([
      'fleet_discovery_reflector_events_total{source="kubernetes",resource="services",event="restarted"} 2',
      'fleet_discovery_reflector_events_total{source="",resource="services",event="handler"} 1',
    ]);
  });

  test("as prom-client itself would count it", async () => {
    using it = observed();
    const theirs = new Registry();
    const registers = [theirs];
    const counter = new Counter({
      name: "fleet_client_commands_total",
      help: "x",
      labelNames: ["instance", "endpoint", "outcome", "code"],
      registers,
    });
    const buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5];
    const histogram = new Histogram({
      name: "fleet_client_command_duration_seconds",
      help: "x",
      labelNames: ["instance"],
      buckets,
      registers,
    });
    // Powers of two, whose sums are the same in milliseconds and in seconds.
    for (const durationMs of [0.0625, 0.5, 1, 4, 250, 8_000]) {
      tell("fleet:client:command", { durationMs });
      counter.inc({ instance: "orders", endpoint: here, outcome: "ok", code: "" });
      histogram.observe({ instance: "orders" }, durationMs / 1000);
    }
    for (const name of [
      "fleet_client_commands_total",
      "fleet_client_command_duration_seconds_bucket",
      "fleet_client_command_duration_seconds_sum",
      "fleet_client_command_duration_seconds_count",
    ]) {
      const expected = (await theirs.metrics()).split("\n").filter((line) => line.startsWith(`${name}{`));
      expect(await it.lines(name)).toEqual(expected);
    }
  });
});

/** A fleet that one source of a cluster has found. */
function withSource(change: Partial<FleetStatsLike["discovery"]["sources"][number]>): FleetStatsLike {
  const [source] = fleet().discovery.sources;
  return { ...fleet(), discovery: { sources: [{ ...source!, name: "kubernetes", ...change }] } };
}

describe("what a fleet is, is shown at the scrape", () => {
  test("why a replica is not read from", async () => {
    const endpoints = [
      endpoint({ replication: { unfit: "link-down" } }),
      endpoint({ port: 6380, replication: { unfit: undefined } }),
      endpoint({ port: 6381 }),
    ];
    using it = observed({ stats: () => fleet(endpoints) });
    const of = (port: number, unfit?: string): readonly string[] =>
      ["link-down", "lagging", "syncing", "never-synced", "other-primary", "own-primary"].map(
        (reason) =>
          `fleet_replica_unfit{endpoint="orders/10.0.0.1:${port}",reason="${reason}"} ${Number(reason === unfit)}`,
      );
    expect(await it.lines("fleet_replica_unfit")).toEqual([...of(6379, "link-down"), ...of(6380)]);
  });

  test("how far a replica is behind, where it is known", async () => {
    const endpoints = [
      endpoint({ replication: { unfit: "lagging", lagBytes: 70_000 } }),
      endpoint({ port: 6380, replication: { unfit: "link-down", lagBytes: undefined } }),
    ];
    using it = observed({ stats: () => fleet(endpoints) });
    expect(await it.lines("fleet_replica_lag_bytes")).toEqual([
      'fleet_replica_lag_bytes{endpoint="orders/10.0.0.1:6379"} 70000',
    ]);
  });

  test("its instances, breakers, pools and sources", async () => {
    using it = observed({ stats: () => fleet() });
    const text = await it.register.metrics();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines.filter((line) => !line.includes("_changes_total"))).toEqual([
      'fleet_instances{state="ready"} 1',
      'fleet_instances{state="drain"} 0',
      'fleet_instances{state="maintenance"} 0',
      `fleet_breaker_state{endpoint="${here}",state="closed"} 1`,
      `fleet_breaker_state{endpoint="${here}",state="open"} 0`,
      `fleet_breaker_state{endpoint="${here}",state="half-open"} 0`,
      `fleet_breaker_state{endpoint="${here}",state="isolated"} 0`,
      `fleet_pool_health{endpoint="${here}"} 1`,
      `fleet_pool_health_check_duration_seconds{endpoint="${here}"} 0.00025`,
      `fleet_pool_in_flight{endpoint="${here}",lane="shared"} 3`,
      `fleet_pool_waiting{endpoint="${here}",lane="shared"} 1`,
      `fleet_pool_waiting{endpoint="${here}",lane="exclusive"} 5`,
      `fleet_pool_leased{endpoint="${here}",lane="exclusive"} 2`,
      `fleet_pool_idle{endpoint="${here}",lane="exclusive"} 1`,
      `fleet_pool_max{endpoint="${here}",lane="exclusive"} 25`,
      'fleet_discovery_source_state{source="static",state="starting"} 0',
      'fleet_discovery_source_state{source="static",state="current"} 1',
      'fleet_discovery_source_state{source="static",state="stale"} 0',
      'fleet_discovery_source_state{source="static",state="failed"} 0',
      'fleet_discovery_source_state{source="static",state="closed"} 0',
      'fleet_discovery_instances{source="static",profile=""} 1',
      'fleet_discovery_source_conflicts{source="static"} 0',
      'fleet_discovery_last_sync_age_seconds{source="static"} 1.5',
    ]);
  });

  test("what a source recognised, and what an operator should know of its world", async () => {
    using it = observed({
      stats: () =>
        withSource({
          instances: 5,
          profiles: { "bitnami-redis": 2, "app-redis": 1 },
          conditions: [{ reason: "NoPort" }, { reason: "NoPort" }, { reason: "NameTaken" }],
        }),
    });
    expect(await it.lines("fleet_discovery_instances")).toEqual([
      'fleet_discovery_instances{source="kubernetes",profile="bitnami-redis"} 2',
      'fleet_discovery_instances{source="kubernetes",profile="app-redis"} 1',
      'fleet_discovery_instances{source="kubernetes",profile=""} 2',
    ]);
    expect(await it.lines("fleet_discovery_conditions")).toEqual([
      'fleet_discovery_conditions{source="kubernetes",reason="NoPort"} 2',
      'fleet_discovery_conditions{source="kubernetes",reason="NameTaken"} 1',
    ]);
  });

  test("how each resource of a server is kept current, counters included", async () => {
    const services = {
      resource: "services",
      state: "watching",
      objects: 40,
      lastSyncAgeMs: 250,
      lists: 2,
      restarts: { timeout: 7, expired: 1 },
      events: { MODIFIED: 90, BOOKMARK: 3 },
      decodeErrors: 1,
    };
    const slices = { ...services, resource: "endpointslices", state: "backoff", lastSyncAgeMs: undefined };
    using it = observed({ stats: () => withSource({ resources: [services, slices] }) });
    const text = await it.register.metrics();
    const of = 'source="kubernetes",resource="services"';
    for (const line of [
      `fleet_discovery_resource_watching{${of}} 1`,
      'fleet_discovery_resource_watching{source="kubernetes",resource="endpointslices"} 0',
      `fleet_discovery_resource_objects{${of}} 40`,
      `fleet_discovery_resource_last_sync_age_seconds{${of}} 0.25`,
      "# TYPE fleet_discovery_resource_lists_total counter",
      `fleet_discovery_resource_lists_total{${of}} 2`,
      `fleet_discovery_resource_restarts_total{${of},reason="timeout"} 7`,
      `fleet_discovery_resource_restarts_total{${of},reason="expired"} 1`,
      `fleet_discovery_resource_events_total{${of},type="MODIFIED"} 90`,
      `fleet_discovery_resource_decode_errors_total{${of}} 1`,
    ])
      expect(text).toContain(`${line}\n`);
    expect(await it.lines("fleet_discovery_resource_last_sync_age_seconds")).toHaveLength(1);
  });

  test("an endpoint that no call has needed yet, and a lane nobody leased from, show nothing", async () => {
    const unused = endpoint({ health: undefined, breaker: undefined, pool: undefined });
    const shared = endpoint({
      port: 6380,
      health: { status: "unknown", latencyMs: undefined },
      pool: {
        shared: { dials: 1, inFlight: 0, waiting: 0 },
        exclusive: { dials: 0, leased: 0, idle: 0, waiting: 0, max: 25 },
      },
    });
    using it = observed({ stats: () => fleet([unused, shared]) });
    const text = await it.register.metrics();
    expect(text).not.toContain(":6379");
    expect(text).not.toMatch(/pool_(leased|idle|max|health)\{/);
    expect(await it.lines("fleet_pool_waiting")).toEqual([
      'fleet_pool_waiting{endpoint="orders/10.0.0.1:6380",lane="shared"} 0',
    ]);
  });

  test("it is asked once a scrape and anew for the next", async () => {
    let asked = 0;
    using it = observed({
      stats: () => {
        asked += 1;
        return fleet([endpoint({ breaker: { name: asked === 1 ? "closed" : "open" } })]);
      },
    });
    await it.register.metrics();
    expect(asked).toBe(1);
    expect(await it.lines("fleet_breaker_state")).toContain(
      `fleet_breaker_state{endpoint="${here}",state="open"} 1`,
    );
    expect(asked).toBe(2);
  });

  test("stats that throw fail the scrape, and the next one works", async () => {
    let broken = true;
    using it = observed({
      stats: () => {
        if (broken) throw new Error("no stats");
        return fleet();
      },
    });
    await expect(it.register.metrics()).rejects.toThrow("no stats");
    broken = false;
    await expect(it.register.metrics()).resolves.toContain("fleet_instances");
  });

  test("without stats there are no gauges, rather than empty ones", async () => {
    using it = observed();
    expect(await it.register.metrics()).not.toContain("gauge");
  });
});

describe("series are bounded", () => {
  /** Something of every kind about one endpoint. */
  function everything(instance: string, address: string): void {
    const name = `${instance}/${address}`;
    tell("fleet:client:command", { instance, endpoint: address });
    tell("fleet:client:command", { instance, endpoint: address, outcome: "error", code: "FLEET_POOL_REPLY" });
    tell("fleet:client:command", { instance, endpoint: undefined, outcome: "error" });
    tell("fleet:client:role", { instance });
    tell("fleet:breaker:state", { name });
    tell("fleet:pool:connection", { name });
    tell("fleet:pool:acquire", { name });
  }

  test("those of an endpoint that is gone disappear with it, and come back from zero", async () => {
    let stats: FleetStatsLike = fleet([endpoint(), endpoint({ port: 6380 })]);
    using it = observed({ stats: () => stats });
    everything("orders", "10.0.0.1:6379");
    everything("orders", "10.0.0.1:6380");
    expect(await it.register.metrics()).toContain(":6380");
    stats = fleet([endpoint()]);
    const text = await it.register.metrics();
    expect(text).not.toContain(":6380");
    expect(text).toContain(`fleet_pool_connections_total{endpoint="${here}",lane="shared",event="open"} 1`);
    everything("orders", "10.0.0.1:6380");
    expect(await it.register.metrics()).not.toContain(":6380");
    stats = fleet([endpoint(), endpoint({ port: 6380 })]);
    everything("orders", "10.0.0.1:6380");
    expect(await it.lines("fleet_breaker_transitions_total")).toContain(
      'fleet_breaker_transitions_total{endpoint="orders/10.0.0.1:6380",from="closed",to="open"} 1',
    );
  });

  test("those of an instance that is gone disappear altogether", async () => {
    let stats = fleet();
    using it = observed({ stats: () => stats });
    everything("orders", "10.0.0.1:6379");
    stats = { ...fleet(), instances: [] };
    expect(await it.register.metrics()).not.toContain("orders");
  });

  test("without stats, discovery's changes say what is gone", async () => {
    using it = observed();
    const { instance } = fixtures["fleet:discovery:change"];
    const grown = { ...instance, endpoints: [...instance.endpoints, { host: "10.0.0.2", port: 6379 }] };
    tell("fleet:discovery:change", { instance: grown });
    everything("orders", "10.0.0.1:6379");
    everything("orders", "10.0.0.2:6379");
    expect(await it.register.metrics()).toContain("10.0.0.2");
    tell("fleet:discovery:change", { type: "updated", instance, previous: grown });
    expect(await it.register.metrics()).not.toContain("10.0.0.2");
    // A pool that closes late.
    tell("fleet:pool:connection", { name: "orders/10.0.0.2:6379", event: "closed" });
    const text = await it.register.metrics();
    expect(text).not.toContain("10.0.0.2");
    expect(text).toContain("10.0.0.1");
    tell("fleet:discovery:change", { type: "removed", instance });
    expect(await it.register.metrics()).not.toContain('"orders');
    tell("fleet:discovery:change", { instance });
    everything("orders", "10.0.0.1:6379");
    expect(await it.register.metrics()).toContain("10.0.0.1");
  });

  test("asking for names that nobody has makes one series, not one a name", async () => {
    using it = observed();
    for (let i = 0; i < 100; i += 1)
      tell("fleet:client:command", {
        instance: `guess-${i}`,
        endpoint: undefined,
        outcome: "error",
        code: "FLEET_ROUTER_UNKNOWN_TARGET",
      });
    expect(await it.lines("fleet_client_commands_total")).toContain(
      'fleet_client_commands_total{instance="",endpoint="",outcome="error",code="FLEET_ROUTER_UNKNOWN_TARGET"} 100',
    );
    expect(await it.register.metrics()).not.toContain("guess");
  });

  test("what is no code counts as other", async () => {
    using it = observed();
    for (const code of ["user 17", "", "x".repeat(200)])
      tell("fleet:client:command", { outcome: "error", code });
    expect(await it.lines("fleet_client_commands_total")).toContain(
      `fleet_client_commands_total{instance="orders",endpoint="${here}",outcome="error",code="other"} 3`,
    );
  });
});

describe("a register", () => {
  test("is left as it was found", async () => {
    const register = new Registry();
    const own = new Counter({ name: "own_total", help: "own", registers: [register] });
    const before = await register.metrics();
    const observation = observe({ register, stats: () => fleet() });
    expect(register.getMetricsAsArray()).toHaveLength(observation.names.length + 1);
    observation[Symbol.dispose]();
    observation[Symbol.dispose]();
    expect(await register.metrics()).toBe(before);
    own.inc();
    for (const name of Object.keys(fixtures)) expect(channel(name).hasSubscribers).toBe(false);
  });

  test("takes two observations under two prefixes, and the same prefix once", async () => {
    const register = new Registry();
    using _one = observe({ register });
    using _two = observe({ register, prefix: "other" });
    const count = register.getMetricsAsArray().length;
    expect(() => observe({ register })).toThrow(
      expect.objectContaining({
        code: "FLEET_METRICS_INVALID_OPTION",
        message:
          "prefix must be one whose names the register does not have, got fleet_client_commands_total is there",
      }),
    );
    expect(register.getMetricsAsArray()).toHaveLength(count);
    tell("fleet:router:pick");
    const text = await register.metrics();
    expect(text).toContain("fleet_router_decisions_total{");
    expect(text).toContain("other_router_decisions_total{");
  });

  test.for(["", "1x", "a-b", "a b", "ä"])("refuses the prefix %j", (prefix) => {
    expect(() => observe({ register: new Registry(), prefix })).toThrow(
      expect.objectContaining({
        code: "FLEET_METRICS_INVALID_OPTION",
        message: expect.stringContaining(JSON.stringify(prefix)) as unknown,
      }),
    );
  });

  test("need not be given: the observation has one of its own and renders it", async () => {
    using observation = observe({ stats: () => fleet() });
    tell("fleet:router:pick");
    expect(observation.contentType).toBe(Registry.PROMETHEUS_CONTENT_TYPE);
    const text = await observation.render();
    expect(text).toContain('fleet_router_decisions_total{policy="leastRequests"');
    expect(text).toContain('fleet_instances{state="ready"} 1');
  });

  test("of the OpenMetrics type shows the same, ended as it must be", async () => {
    const register = new Registry<OpenMetricsContentType>();
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const services = { resource: "services", state: "watching", objects: 1, lastSyncAgeMs: 1, lists: 2 };
    const resources = [{ ...services, restarts: {}, events: {}, decodeErrors: 0 }];
    using observation = observe({ register, stats: () => withSource({ resources }) });
    tell("fleet:router:pick");
    const text = await observation.render();
    expect(observation.contentType).toBe(Registry.OPENMETRICS_CONTENT_TYPE);
    expect(text).toContain("# TYPE fleet_router_decisions counter");
    expect(text).toContain('fleet_discovery_resource_lists_total{source="kubernetes",resource="services"} 2');
    expect(text).toContain('fleet_router_decisions_total{policy="leastRequests"');
    expect(text.endsWith("# EOF\n")).toBe(true);
  });

  test("may have default labels, may be reset, and gives JSON that can be aggregated", async () => {
    using it = observed({ stats: () => fleet() });
    it.register.setDefaultLabels({ pod: "a", instance: "default" });
    tell("fleet:client:command");
    expect(await it.lines("fleet_client_commands_total")).toEqual([
      expect.stringMatching(/pod="a".*instance="orders".* 1$/),
    ]);
    const json = await it.register.getMetricsAsJSON();
    const sum = await AggregatorRegistry.aggregate([json, json]).metrics();
    expect(sum).toMatch(/fleet_client_commands_total\{.*outcome="ok".*\} 2/);
    expect(sum).toMatch(/fleet_client_command_duration_seconds_count\{.*\} 2/);
    it.register.resetMetrics();
    expect((await it.lines("fleet_client_command_duration_seconds_count"))[0]).toMatch(/ 0$/);
    expect((await it.lines("fleet_client_commands_total"))[0]).toMatch(/ 0$/);
  });

  test("gets a help text and a type for every metric, and good names", async () => {
    using it = observed({ stats: () => fleet() });
    const metrics = (await it.register.getMetricsAsJSON()) as unknown as readonly Described[];
    for (const { name, help, type } of metrics) {
      expect(help).toMatch(/^[A-Z0-9].*\.$/);
      expect(name).toMatch(/^fleet_[a-z_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(type === "histogram").toBe(name.endsWith("_duration_seconds") && type !== "gauge");
      expect(name).not.toMatch(/_ms|milli/);
    }
  });
});

interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
}

test("a scrape of a thousand endpoints has a series of each", async () => {
  const names = Array.from({ length: 500 }, (_, i) => `instance-${i}`);
  const stats: FleetStatsLike = {
    ...fleet(),
    instances: names.map((name, i) => ({
      name,
      state: "ready",
      endpoints: [0, 1].map((n) =>
        endpoint({
          host: `10.1.${i >> 7}.${(i & 127) * 2 + n}`,
          pool: {
            shared: { dials: 1, inFlight: 1, waiting: 0 },
            exclusive: { dials: 0, leased: 0, idle: 0, waiting: 0, max: 25 },
          },
        }),
      ),
    })),
  };
  using it = observed({ stats: () => stats });
  for (const { name: instance, endpoints } of stats.instances)
    for (const { host, port } of endpoints) {
      tell("fleet:client:command", { instance, endpoint: `${host}:${port}` });
      tell("fleet:pool:connection", { name: `${instance}/${host}:${port}` });
    }
  const lines = await it.lines("fleet_pool_in_flight");
  expect(new Set(lines.map((line) => /endpoint="([^"]+)"/.exec(line)?.[1])).size).toBe(1000);
  expect(await it.lines("fleet_client_command_duration_seconds_count")).toHaveLength(500);
});
