import type { SourceSink } from "@fleet/discovery";
import { FakeClock } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import type { FleetOptions } from "../src/index.ts";
import { HandSource, instance } from "./hand-source.ts";

const instances = [instance("orders", [{ host: "127.0.0.1", port: 1 }])];

describe("createFleet", () => {
  test.for<[string, Record<string, unknown>, RegExp]>([
    ["nothing to serve", { instances: [] }, /^instances or sources must be given/],
    ["timeoutMs", { timeoutMs: 0 }, /^timeoutMs must be .*, got 0$/],
    [
      "timeoutMs without end",
      { timeoutMs: Number.POSITIVE_INFINITY },
      /^timeoutMs must be .*, got Infinity$/,
    ],
    ["timeoutMs as text", { timeoutMs: "3s" }, /^timeoutMs must be .*, got "3s"$/],
    ["graceMs", { graceMs: -1 }, /^graceMs must be .*, got -1$/],
    ["startTimeoutMs", { startTimeoutMs: -1 }, /^startTimeoutMs must be .*, got -1$/],
    ["retries", { retries: 1.5 }, /^retries must be .*, got 1.5$/],
    ["too many retries", { retries: 11 }, /^retries must be .*, got 11$/],
  ])("refuses %s and prints the value", async ([, options, message]) => {
    const error = await createFleet({ instances, ...options }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({
      code: "FLEET_CLIENT_INVALID_OPTION",
      message: expect.stringMatching(message),
    });
  });

  test("refuses what pools, breakers and the retry budget would refuse, before anything is opened", async () => {
    const source = new HandSource(...instances);
    const refused = async (options: Partial<FleetOptions>): Promise<unknown> =>
      createFleet({ sources: [source], ...options }).catch((error: unknown) => error);
    expect(await refused({ breaker: { openMs: -1 } })).toMatchObject({
      code: "FLEET_BREAKER_INVALID_OPTION",
    });
    expect(await refused({ retryBudget: { ratio: 2 } })).toMatchObject({
      code: "FLEET_BREAKER_INVALID_OPTION",
    });
    expect(await refused({ pool: { maxInFlight: 0 } })).toMatchObject({ code: "FLEET_POOL_INVALID_OPTION" });
    expect(source.closed).toBe(false);
  });

  test("says what is wrong with the instances", async () => {
    await expect(createFleet({ instances: [{ name: "Orders!", endpoints: [] }] })).rejects.toMatchObject({
      code: expect.stringMatching(/^FLEET_DISCOVERY_/),
    });
  });

  test("waits for sources that failed at first, as long as it is told to", async () => {
    const clock = new FakeClock();
    const source = new HandSource(...instances);
    const started = Promise.withResolvers<SourceSink>();
    source.start = (sink) => {
      sink.fail(new Error("not yet"));
      started.resolve(sink);
      return new Promise(() => undefined);
    };
    const creating = createFleet({ sources: [source], startTimeoutMs: 1000, clock });
    const sink = await started.promise;
    await clock.advance(999);
    sink.replace([instance("orders", [])]);
    await using fleet = await creating;
    expect([...fleet.instances.keys()]).toEqual(["orders"]);
  });

  test("ends with the signal's reason, and its sources with it", async () => {
    const source = new HandSource(...instances);
    source.start = () => new Promise(() => undefined);
    const caller = new AbortController();
    const creating = createFleet({ sources: [source] }, { signal: caller.signal });
    caller.abort("enough");
    await expect(creating).rejects.toBe("enough");
    expect(source.closed).toBe(true);
  });

  test("merges what is known by hand with what sources say", async () => {
    const source = new HandSource(instance("cache", [{ host: "127.0.0.1", port: 2 }]));
    await using fleet = await createFleet({ instances, sources: [source] });
    expect([...fleet.instances.keys()].toSorted()).toEqual(["cache", "orders"]);
    expect(fleet.stats.discovery).toMatchObject({ instances: 2 });
  });
});

describe("one call", () => {
  test.for([0, -5, Number.NaN, Number.POSITIVE_INFINITY])("refuses a timeoutMs of %d", async (timeoutMs) => {
    await using fleet = await createFleet({ instances });
    const refusal = { code: "FLEET_CLIENT_INVALID_OPTION", option: "timeoutMs" };
    const target = { instance: "orders" };
    await expect(fleet.command(target, ["GET", "x"], { timeoutMs })).rejects.toMatchObject(refusal);
    await expect(fleet.batch(target, [["GET", "x"]], { timeoutMs })).rejects.toMatchObject(refusal);
    await expect(fleet.run({ ...target, timeoutMs }, () => Promise.resolve())).rejects.toMatchObject(refusal);
  });

  test("asks for exactly one of instance and group", async () => {
    await using fleet = await createFleet({ instances });
    for (const selector of [{}, { instance: "orders", group: "cache" }])
      await expect(fleet.command(selector as { instance: string }, ["GET", "x"])).rejects.toMatchObject({
        code: "FLEET_ROUTER_INVALID_OPTION",
      });
  });
});
