import { CircuitBreaker } from "@fleet/breaker";
import { Discovery, StaticSource } from "@fleet/discovery";
import { Router } from "@fleet/router";
import { Registry } from "prom-client";
import { expect, test } from "vitest";

import { observe } from "../src/index.ts";

test("a breaker that opens is counted under its name", async () => {
  const register = new Registry();
  using _observation = observe({ register });
  const breaker = new CircuitBreaker({ name: "orders/h:1", consecutiveFailures: 1 });
  const permit = breaker.tryAcquire();
  if (permit.admitted) permit.failure();
  expect(await register.metrics()).toContain(
    'fleet_breaker_transitions_total{endpoint="orders/h:1",from="closed",to="open"} 1',
  );
});

test("a router's picks and refusals are counted", async () => {
  const register = new Registry();
  using _observation = observe({ register });
  const router = new Router({});
  router.update([{ id: "1", instance: "orders", role: "replica", state: "ready", reads: "any" }]);
  router.pick({ instance: "orders", access: "read" })[Symbol.dispose]();
  expect(() => router.pick({ instance: "orders", access: "write" })).toThrow(
    expect.objectContaining({ code: "FLEET_ROUTER_NO_TARGET" }),
  );
  const text = await register.metrics();
  expect(text).toMatch(
    /fleet_router_decisions_total\{policy=".+",access="read",outcome="picked",reason="only"\} 1/,
  );
  expect(text).toMatch(
    /fleet_router_decisions_total\{policy=".+",access="write",outcome="refused",reason="no-primary"\} 1/,
  );
});

test("what discovery finds and what goes wrong is counted", async () => {
  const register = new Registry();
  using _observation = observe({ register });
  await using discovery = new Discovery({
    sources: [new StaticSource([{ name: "orders", endpoints: [{ host: "h", port: 1 }] }])],
  });
  discovery.subscribe(() => {
    throw new Error("a listener");
  });
  await discovery.start();
  const text = await register.metrics();
  expect(text).toContain('fleet_discovery_changes_total{type="added"} 1');
  expect(text).toContain('fleet_discovery_errors_total{code="FLEET_DISCOVERY_LISTENER_FAILED",source=""} 1');
});
