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
    ["waitsForSources", { waitsForSources: "no" }, /^waitsForSources must be true or false, got "no"$/],
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
    const code = "FLEET_CLIENT_INVALID_OPTION";
    expect(await refused({ breaker: { openMs: -1 } })).toMatchObject({ code, option: "breaker.openMs" });
    expect(await refused({ retryBudget: { ratio: 2 } })).toMatchObject({ code, option: "retryBudget.ratio" });
    expect(await refused({ pool: { maxInFlight: 0 } })).toMatchObject({ code, option: "pool.maxInFlight" });
    // What only fails together with others is the word of the package.
    const swapped = { pool: { reconnectMinDelayMs: 9, reconnectMaxDelayMs: 8 } };
    expect(await refused(swapped)).toMatchObject({ code: "FLEET_POOL_INVALID_OPTION" });
    expect(await refused({ breaker: { openMs: 9, maxOpenMs: 8 } })).toMatchObject({
      code: "FLEET_BREAKER_INVALID_OPTION",
    });
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

  test("need not wait: what is not known yet is refused as such until every source has delivered", async () => {
    const source = new HandSource(...instances);
    const away = Promise.withResolvers<SourceSink>();
    source.start = (sink) => {
      sink.fail(new Error("away"));
      away.resolve(sink);
      return new Promise(() => undefined);
    };
    await using fleet = await createFleet({
      sources: [source],
      startTimeoutMs: Infinity,
      waitsForSources: false,
    });
    let isStarted = false;
    void fleet.started.then(() => (isStarted = true));
    const early = { code: "FLEET_CLIENT_STARTING", outcome: "not-sent", retryAfterMs: 1000 };
    for (const target of [{ instance: "orders" }, { group: "shop" }]) {
      await expect(fleet.command(target, ["GET", "x"])).rejects.toMatchObject(early);
      await expect(fleet.batch(target, [["GET", "x"]])).rejects.toMatchObject(early);
      await expect(fleet.run(target, () => Promise.resolve())).rejects.toMatchObject(early);
    }
    expect([isStarted, fleet.stats.discovery.sources[0]!.state]).toEqual([false, "failed"]);
    const sink = await away.promise;
    sink.replace([instance("carts", [])]);
    await fleet.started;
    expect([...fleet.instances.keys()]).toEqual(["carts"]);
    await expect(fleet.command({ instance: "orders" }, ["GET", "x"])).rejects.toMatchObject({
      code: "FLEET_ROUTER_UNKNOWN_TARGET",
    });
  });

  test("that does not wait says why there will be nothing, and closes in the middle of its start", async () => {
    const source = new HandSource(...instances);
    source.start = (sink) => {
      sink.fail(new Error("away"));
      return new Promise(() => undefined);
    };
    await using failed = await createFleet({ sources: [source], waitsForSources: false });
    await expect(failed.started).rejects.toMatchObject({ code: "FLEET_DISCOVERY_START_FAILED" });
    const waiting = await createFleet({
      sources: [source],
      startTimeoutMs: Infinity,
      waitsForSources: false,
    });
    await waiting.close();
    await expect(waiting.started).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
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
