import { Counter, Gauge, Registry } from "prom-client";

import type { Denials } from "../access/denials.ts";
import type { Tally } from "../http/tally.ts";
import type { ReloadStats } from "../reload/reloads.ts";

/** What the gateway counts of itself. */
export interface Counted {
  readonly answers: () => Tally["rows"];
  readonly denials: () => Denials["rows"];
  /** Undefined where the configuration cannot be read again. */
  readonly reloads: () => ReloadStats | undefined;
}

/** A register with the gateway's own metrics, to which those of the fleet are added. */
export function openRegister({ answers, denials, reloads }: Counted): Registry {
  const register = new Registry();
  const registers = [register];
  const counter = (
    name: string,
    help: string,
    labelNames: readonly string[],
    fill: (one: Counter) => void,
  ): Counter =>
    new Counter({
      name: `fleet_gateway_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        fill(this);
      },
    });
  counter(
    "answers_total",
    "Answers to requests; no code where Redis answered.",
    ["status", "code"],
    (one) => {
      for (const { status, code, count } of answers()) one.inc({ status, code }, count);
    },
  );
  counter("denials_total", "What was denied; no token where none was valid.", ["reason", "token"], (one) => {
    for (const { reason, token, count } of denials()) one.inc({ reason, token }, count);
  });
  counter("config_reloads_total", "Times the configuration was read again.", ["result"], (one) => {
    const { accepted, refused } = reloads() ?? { accepted: 0, refused: 0 };
    one.inc({ result: "accepted" }, accepted);
    one.inc({ result: "refused" }, refused);
  });
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name: `fleet_gateway_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge("config_current", "1 while the last configuration that was read counts.", () =>
    reloads()?.isRefused === true ? 0 : 1,
  );
  return register;
}
