import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { checkOptions, func, hasMethods, type Rules } from "@fleet/options";
import { Registry } from "prom-client";
import type { Metric, RegistryContentType } from "prom-client";

import { InvalidOptionError } from "./errors.ts";
import { FleetGauges } from "./gauges/fleet-gauges.ts";
import type { Exposed } from "./prometheus/exposed.ts";
import { Instruments } from "./prometheus/instruments.ts";
import { Scrape } from "./prometheus/scrape.ts";
import { CommandRecorder } from "./recorders/record-commands.ts";
import { DiscoveryRecorder } from "./recorders/record-discovery.ts";
import { EndpointRecorder } from "./recorders/record-endpoints.ts";
import { PickRecorder } from "./recorders/record-picks.ts";
import { RoleRecorder } from "./recorders/record-roles.ts";
import { on } from "./recorders/recorder.ts";
import type { Recorder } from "./recorders/recorder.ts";
import type { FleetStatsLike } from "./roster/fleet-stats-like.ts";
import { Departures, rosterOf } from "./roster/roster.ts";

type Register = Pick<
  Registry<RegistryContentType>,
  "registerMetric" | "removeSingleMetric" | "getSingleMetric" | "metrics" | "contentType"
>;

export interface ObserveOptions {
  /** Where the metrics go: a prom-client Registry of either content type. Nothing else in it is touched. @default one of its own */
  readonly register?: Register;
  /**
   * What the fleet is, asked once per scrape, as in `() => fleet.stats`. Without it there are no gauges, and series of
   * removed endpoints are dropped by what discovery published since `observe()`.
   * @default none
   */
  readonly stats?: () => FleetStatsLike;
  /** What every name begins with. @default "fleet" */
  readonly prefix?: string;
}

export const observeRules: Rules<ObserveOptions> = {
  register: {
    kind: "object",
    expected: "a register of prom-client",
    fits: (value) => hasMethods(value, "registerMetric", "removeSingleMetric", "getSingleMetric", "metrics"),
  },
  stats: func,
  prefix: {
    kind: "text",
    expected: "a name of letters, digits, _ and :",
    fits: (value) => typeof value === "string" && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(value),
  },
};

/** Disposing it unsubscribes from all channels and takes its metrics out of the register. */
export interface Observation extends Disposable {
  /** Names of the metrics in the register. */
  readonly names: readonly string[];
  /** The `content-type` of what `render()` answers. */
  readonly contentType: string;
  /** The whole register as text, for a scraper. */
  render(): Promise<string>;
}

/**
 * Counts what the packages of a process publish on their diagnostics channels, for prom-client to expose.
 *
 * @throws InvalidOptionError (FLEET_METRICS_INVALID_OPTION) for a bad prefix, or one whose names the register has already.
 */
export function observe(options: ObserveOptions = {}): Observation {
  checkOptions(options, observeRules, InvalidOptionError);
  const { register = new Registry(), stats, prefix = "fleet" } = options;
  const departures = new Departures();
  const scrape = new Scrape(
    () => stats?.(),
    (seen) => {
      const roster = seen === undefined ? departures : rosterOf(seen);
      for (const recorder of recorders) recorder.prune(roster);
    },
  );
  const instruments = new Instruments(prefix, () => void scrape.look());
  const recorders: readonly Recorder[] = [
    new CommandRecorder(instruments),
    new PickRecorder(instruments),
    new EndpointRecorder(instruments),
    new DiscoveryRecorder(instruments),
    new RoleRecorder(instruments),
  ];
  if (stats !== undefined) new FleetGauges(() => scrape.look() ?? stats()).register(instruments);

  const names = instruments.all.map(({ name }) => name);
  const taken = names.find((name) => register.getSingleMetric(name) !== undefined);
  if (taken !== undefined)
    throw new InvalidOptionError("prefix", "one whose names the register does not have", `${taken} is there`);
  for (const metric of instruments.all) register.registerMetric(asMetric(metric));

  const listeners = [
    ...recorders.flatMap(({ channels }) => [...channels]),
    ...(stats === undefined ? [on("fleet:discovery:change", (message) => departures.record(message))] : []),
  ];
  for (const [channel, listener] of listeners) subscribe(channel, listener);

  let over = false;
  return {
    names,
    get contentType() {
      return register.contentType;
    },
    render: () => register.metrics(),
    [Symbol.dispose]: () => {
      if (over) return;
      over = true;
      for (const [channel, listener] of listeners) unsubscribe(channel, listener);
      for (const name of names) register.removeSingleMetric(name);
    },
  };
}

/** prom-client's types want one of its four classes; its Registry wants the shape only (tested against the real one). */
function asMetric(metric: Exposed): Metric {
  return metric as unknown as Metric;
}
