import { channel } from "node:diagnostics_channel";

import { StaticSource } from "@fleet/discovery";
import type { FastifyBaseLogger } from "fastify";
import { expect, test } from "vitest";

import { logEvents, logStanding } from "../src/log-events.ts";

type Line = readonly [level: string, facts: unknown, text: string];

/** A log that keeps its lines. */
function kept(): { readonly lines: Line[]; readonly log: FastifyBaseLogger } {
  const lines: Line[] = [];
  const at = (level: string) => (facts: unknown, text: string) => void lines.push([level, facts, text]);
  return {
    lines,
    log: { debug: at("debug"), info: at("info"), warn: at("warn") } as unknown as FastifyBaseLogger,
  };
}

const condition = { reason: "NoPort", object: "Service shop/web", message: "it has no port" };

test("conditions are told when they come and when they go, with their object and reason", () => {
  const { lines, log } = kept();
  using _logging = logEvents(log);
  channel("fleet:discovery:condition").publish({ source: "kubernetes", type: "raised", condition });
  channel("fleet:discovery:condition").publish({ source: "kubernetes", type: "cleared", condition });
  expect(lines).toEqual([
    ["warn", { source: "kubernetes", ...condition }, "condition raised"],
    ["info", { source: "kubernetes", ...condition }, "condition cleared"],
  ]);
});

test("so are those that were there before anybody listened, and sources that had failed", () => {
  const { lines, log } = kept();
  const source = { instances: 0, conflicts: [], lastSyncAgeMs: undefined, profiles: {}, resources: [] };
  logStanding(log, {
    instances: 0,
    sources: [
      { ...source, name: "static", state: "current", lastError: undefined, conditions: [] },
      { ...source, name: "kubernetes", state: "failed", lastError: "FLEET_X", conditions: [condition] },
    ],
  });
  expect(lines).toEqual([
    ["warn", { source: "kubernetes", state: "failed", code: "FLEET_X" }, "discovery failed"],
    ["warn", { source: "kubernetes", ...condition }, "condition raised"],
  ]);
});

test("reflectors tell what they do at debug, what they meet louder, and nothing of what an error says", () => {
  const { lines, log } = kept();
  using _logging = logEvents(log);
  const reflector = (message: object): void =>
    channel("fleet:discovery:reflector").publish({ source: "kubernetes", resource: "services", ...message });
  const error = Object.assign(new Error("CANARY"), { code: "FLEET_X" });
  reflector({ event: "listed" });
  reflector({ event: "synced" });
  reflector({ event: "restarted", reason: "timeout" });
  reflector({ event: "failed", error });
  reflector({ event: "handler", error: new Error("CANARY") });
  const of = { source: "kubernetes", resource: "services" };
  expect(lines).toEqual([
    ["debug", { ...of, reason: undefined, code: undefined }, "reflector listed"],
    ["debug", { ...of, reason: "timeout", code: undefined }, "reflector restarted"],
    ["info", { ...of, reason: undefined, code: "FLEET_X" }, "reflector failed"],
    ["warn", { ...of, reason: undefined, code: undefined }, "reflector handler"],
  ]);
});

test("roles that change are told, and loudly who is disputed and which replica is not read from", () => {
  const { lines, log } = kept();
  using _logging = logEvents(log);
  const changed = { instance: "orders", endpoint: "10.20.0.5:6379", role: "primary", previous: "replica" };
  const disputed = { instance: "orders", endpoints: ["a:1", "b:1"], kept: "a:1" };
  channel("fleet:client:role").publish({ event: "changed", ...changed });
  channel("fleet:client:role").publish({ event: "disputed", ...disputed });
  const unfit = { instance: "orders", endpoint: "10.20.0.5:6379", reason: "link-down" };
  channel("fleet:client:role").publish({ event: "unfit", ...unfit });
  expect(lines).toEqual([
    ["info", changed, "role changed"],
    ["warn", disputed, "role disputed"],
    ["warn", unfit, "role unfit"],
  ]);
});

test("a failure of a source of another gateway in the process is not logged, whatever its name", () => {
  const { lines, log } = kept();
  const [own, foreign] = [new StaticSource([]), new StaticSource([])];
  using _logging = logEvents(log, undefined, undefined, [own]);
  for (const [code, origin] of [
    ["FLEET_OWN", own],
    ["FLEET_FOREIGN", foreign],
    ["FLEET_NONE", undefined],
  ] as const)
    channel("fleet:discovery:error").publish({ source: "static", code, error: new Error("no"), origin });
  expect(lines.map(([, facts]) => facts)).toEqual([
    { code: "FLEET_OWN", source: "static" },
    { code: "FLEET_NONE", source: "static" },
  ]);
});
