import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { FakeClock } from "@fleet/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Discovery, StaticSource } from "../src/index.ts";
import type { DiscoveryErrorEvent, Instance, InstanceChange, InstanceSource } from "../src/index.ts";
import { ManualSource, made } from "./source/manual-source.ts";

/** What was published on a channel meanwhile. */
function listening(name: string, messages: unknown[]): Disposable {
  const listen = (message: unknown): void => void messages.push(message);
  subscribe(name, listen);
  return { [Symbol.dispose]: () => void unsubscribe(name, listen) };
}

function errors(): Disposable & { readonly messages: readonly DiscoveryErrorEvent[] } {
  const messages: DiscoveryErrorEvent[] = [];
  return { messages, ...listening("fleet:discovery:error", messages) };
}

/** A Discovery over sources that do what the test says, started with an empty set each. */
async function running(...names: readonly string[]): Promise<Running> {
  const sources = names.map((name) => new ManualSource(name));
  const clock = new FakeClock();
  const discovery = new Discovery({ sources, clock });
  const start = discovery.start();
  for (const source of sources) source.sink.replace([]);
  await start;
  const told: string[] = [];
  discovery.subscribe(({ type, instance }) => told.push(`${type} ${instance.name}`));
  return { discovery, sources, clock, told, [Symbol.asyncDispose]: () => discovery.close() };
}

interface Running extends AsyncDisposable {
  readonly discovery: Discovery;
  readonly sources: readonly ManualSource[];
  readonly clock: FakeClock;
  /** What a subscriber from the start was told. */
  readonly told: readonly string[];
}

describe("the start", () => {
  test("waits for the first set of every source", async () => {
    const [a, b] = [new ManualSource("a"), new ManualSource("b")];
    await using discovery = new Discovery({ sources: [a, b] });
    let started = false;
    const start = discovery.start().then(() => (started = true));
    a.sink.replace(made({ name: "one" }));
    await Promise.resolve();
    await Promise.resolve();
    expect(started).toBe(false);
    expect([...discovery.instances.keys()]).toEqual(["one"]);
    b.sink.replace([]);
    await start;
    expect(discovery.stats.sources.map(({ state }) => state)).toEqual(["current", "current"]);
  });

  test("goes on when a source failed and another delivered; the failed one may still come", async () => {
    const [a, b] = [new ManualSource("a"), new ManualSource("b")];
    using reported = errors();
    await using discovery = new Discovery({ sources: [a, b] });
    const start = discovery.start();
    a.sink.fail(Object.assign(new Error("no such file"), { code: "ENOENT" }));
    b.sink.replace(made({ name: "two" }));
    await start;
    expect(discovery.stats.sources).toMatchObject([
      { name: "a", state: "failed", instances: 0, lastSyncAgeMs: undefined, lastError: "ENOENT" },
      { name: "b", state: "current", instances: 1, lastError: undefined },
    ]);
    expect(reported.messages).toMatchObject([{ code: "ENOENT", source: "a" }]);
    a.sink.replace(made({ name: "one" }));
    expect([...discovery.instances.keys()]).toEqual(["one", "two"]);
  });

  test("rejects when no source delivered, says why each did not, and leaves nothing open", async () => {
    const [a, b] = [new ManualSource("a"), new ManualSource("b")];
    const discovery = new Discovery({ sources: [a, b] });
    const start = discovery.start();
    const cause = Object.assign(new Error("no such file"), { code: "ENOENT" });
    a.sink.fail(cause);
    b.giveUp(new Error("gave up"));
    await expect(start).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_START_FAILED",
      message: "No source delivered its instances\na: no such file\nb: Source b failed: gave up",
      cause,
    });
    expect([a.closes, b.closes]).toEqual([1, 1]);
    expect(a.signal?.aborted).toBe(true);
  });

  test("rejects with the signal's reason, and leaves nothing open", async () => {
    const source = new ManualSource("slow");
    const discovery = new Discovery({ sources: [source] });
    const abort = new AbortController();
    const start = discovery.start({ signal: abort.signal });
    const reason = new Error("five seconds are over");
    abort.abort(reason);
    await expect(start).rejects.toBe(reason);
    expect(source.closes).toBe(1);
    const never = new ManualSource("never");
    await expect(
      new Discovery({ sources: [never] }).start({ signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    expect(never.signal).toBeUndefined();
  });

  test("rejects when it is closed meanwhile or was closed before", async () => {
    const discovery = new Discovery({ sources: [new ManualSource("slow")] });
    const start = discovery.start();
    await discovery.close();
    await expect(start).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
    const closed = new Discovery({ sources: [new ManualSource("never")] });
    await closed.close();
    await expect(closed.start()).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
  });

  test("twice is once", async () => {
    await using discovery = new Discovery({ sources: [new StaticSource([])] });
    expect(discovery.start()).toBe(discovery.start());
    await discovery.start();
  });

  test("takes a source that ends its start without a set, or throws at once, for a failed one", async () => {
    const silent = new ManualSource("silent");
    const throwing: InstanceSource = {
      name: "throwing",
      start: () => {
        throw new Error("at once");
      },
      close: () => Promise.resolve(),
    };
    const discovery = new Discovery({ sources: [silent, throwing] });
    const start = discovery.start();
    silent.endStart();
    await expect(start).rejects.toMatchObject({ code: "FLEET_DISCOVERY_START_FAILED" });
    expect(discovery.stats.sources.map(({ lastError }) => lastError)).toEqual([
      "FLEET_DISCOVERY_SOURCE_FAILED",
      "FLEET_DISCOVERY_SOURCE_FAILED",
    ]);
  });

  describe("with time for slow sources", () => {
    const waiting = (): {
      readonly source: ManualSource;
      readonly clock: FakeClock;
      readonly discovery: Discovery;
      readonly start: Promise<void>;
    } => {
      const source = new ManualSource("slow");
      const clock = new FakeClock();
      const discovery = new Discovery({ sources: [source], startTimeoutMs: 5_000, clock });
      const start = discovery.start();
      start.catch(() => {});
      source.sink.fail(Object.assign(new Error("away"), { code: "ECONNREFUSED" }));
      return { source, clock, discovery, start };
    };

    test("resolves with the first set that comes after a failure", async () => {
      const { source, clock, discovery, start } = waiting();
      await using _closing = discovery;
      await clock.advance(4_999);
      source.sink.fail(new Error("still away"));
      source.sink.replace(made({ name: "one" }));
      await start;
      expect([...discovery.instances.keys()]).toEqual(["one"]);
      expect(clock.pending).toBe(0);
    });

    test("rejects when none came in time, and leaves nothing open", async () => {
      const { source, clock, start } = waiting();
      await clock.advance(5_000);
      await expect(start).rejects.toMatchObject({
        code: "FLEET_DISCOVERY_START_FAILED",
        message: "No source delivered its instances\nslow: away",
      });
      expect(source.closes).toBe(1);
      expect(clock.pending).toBe(0);
    });

    test("a close or an abort ends the waiting", async () => {
      const { clock, discovery, start } = waiting();
      await clock.advance(1);
      await discovery.close();
      await expect(start).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
      await clock.advance(0);
      expect(clock.pending).toBe(0);
    });

    test("without end waits for as long as it takes", async () => {
      const source = new ManualSource("slow");
      const clock = new FakeClock();
      await using discovery = new Discovery({ sources: [source], startTimeoutMs: Infinity, clock });
      const start = discovery.start();
      source.sink.fail(new Error("away"));
      await clock.advance(2 ** 31);
      expect(clock.pending).toBe(0);
      source.sink.replace(made({ name: "one" }));
      await start;
    });

    test("counts from the beginning: what its sources took until they failed is no extra", async () => {
      const source = new ManualSource("slow");
      const clock = new FakeClock();
      const discovery = new Discovery({ sources: [source], startTimeoutMs: 5_000, clock });
      const start = discovery.start();
      start.catch(() => {});
      await clock.advance(6_000);
      source.sink.fail(new Error("away"));
      await expect(start).rejects.toMatchObject({ code: "FLEET_DISCOVERY_START_FAILED" });
    });

    test.for([-1, Number.NaN, 2 ** 31])("is no %s milliseconds", (startTimeoutMs) => {
      expect(() => new Discovery({ sources: [new StaticSource([])], startTimeoutMs })).toThrow(
        `startTimeoutMs must be milliseconds from 0 to 2147483647, or Infinity, got ${startTimeoutMs}`,
      );
    });
  });

  test("needs sources with names of their own", () => {
    expect(() => new Discovery({ sources: [] })).toThrow(
      expect.objectContaining({ code: "FLEET_DISCOVERY_INVALID_OPTION" }),
    );
    expect(() => new Discovery({ sources: [new StaticSource([]), new StaticSource([])] })).toThrow(
      'sources must be sources with a name of their own each, got two named "static"',
    );
  });
});

describe("changes", () => {
  test("come removed, updated, added, and an unchanged instance says nothing", async () => {
    await using it = await running("a");
    const [source] = it.sources;
    source!.sink.replace(made({ name: "stays" }, { name: "grows" }, { name: "goes" }));
    const before = it.discovery.instances.get("stays");
    source!.sink.replace(made({ name: "comes" }, { name: "grows", state: "drain" }, { name: "stays" }));
    expect(it.told.slice(3)).toEqual(["removed goes", "updated grows", "added comes"]);
    expect(it.discovery.instances.get("stays")).toEqual(before);
  });

  test("are in the map before they are told, and a map once taken stays as it is", async () => {
    await using it = await running("a");
    const old = it.discovery.instances;
    const seen: boolean[] = [];
    it.discovery.subscribe(({ instance }) => seen.push(it.discovery.instances.has(instance.name)));
    it.sources[0]!.sink.replace(made({ name: "one" }));
    expect(seen).toEqual([true]);
    expect(old.size).toBe(0);
  });

  test("an update tells what was before", async () => {
    await using it = await running("a");
    const changes: InstanceChange[] = [];
    it.sources[0]!.sink.replace(made({ name: "one" }));
    it.discovery.subscribe((change) => changes.push(change));
    it.sources[0]!.sink.replace(made({ name: "one", group: "g" }));
    expect(changes).toMatchObject([{ type: "updated", instance: { group: "g" }, previous: { name: "one" } }]);
  });

  test("are published on the channel, in the order they are told", async () => {
    const published: InstanceChange[] = [];
    using _listening = listening("fleet:discovery:change", published);
    await using it = await running("a");
    it.sources[0]!.sink.replace(made({ name: "one" }, { name: "two" }));
    it.sources[0]!.sink.replace([]);
    expect(published.map(({ type, instance }) => `${type} ${instance.name}`)).toEqual(it.told);
  });

  test("lead any subscriber's own map to the set that is served, whatever two sources say", async () => {
    const names = ["a", "b", "c"];
    const set = fc
      .uniqueArray(
        fc.record({
          name: fc.constantFrom(...names),
          uid: fc.constantFrom("1", "2", "3"),
          state: fc.constantFrom("ready" as const, "drain" as const),
        }),
        { selector: ({ name }) => name },
      )
      .map((inputs) =>
        inputs.filter(({ uid }, index) => inputs.findIndex((other) => other.uid === uid) === index),
      );
    const step = fc.record({ source: fc.nat(1), set: fc.option(set) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await using it = await running("first", "second");
        const map = new Map<string, Instance>();
        it.discovery.subscribe(({ type, instance }) => {
          if (type === "removed") map.delete(instance.name);
          else map.set(instance.name, instance);
        });
        const model: [readonly Instance[], readonly Instance[]] = [[], []];
        for (const { source, set } of steps) {
          const { sink } = it.sources[source]!;
          if (set === null) sink.fail(new Error("away"));
          else sink.replace((model[source as 0 | 1] = made(...set)));
          expect(map).toEqual(it.discovery.instances);
        }
        // The model: everything the first source has, and of the second what claims no name and no uid of those.
        const [first, second] = model;
        const free = second.filter(({ name, uid }) =>
          first.every((other) => other.name !== name && other.uid !== uid),
        );
        expect(
          [...it.discovery.instances.values()].map(({ name, uid }) => `${name} ${uid}`).toSorted(),
        ).toEqual([...first, ...free].map(({ name, uid }) => `${name} ${uid}`).toSorted());
        expect(it.discovery.stats.sources[1]?.conflicts).toHaveLength(second.length - free.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe("listeners", () => {
  test("one that throws or rejects disturbs nobody and is reported", async () => {
    using reported = errors();
    await using it = await running("a");
    it.discovery.subscribe(() => {
      throw new Error("thrown");
    });
    // oxlint-disable-next-line typescript/no-misused-promises -- a listener may well be written like this
    it.discovery.subscribe(() => Promise.reject(new Error("rejected")));
    const after: string[] = [];
    it.discovery.subscribe(({ instance }) => after.push(instance.name));
    it.sources[0]!.sink.replace(made({ name: "one" }));
    await Promise.resolve();
    await Promise.resolve();
    expect(after).toEqual(["one"]);
    expect(
      reported.messages.map(({ code, source, error }) => [code, source, (error.cause as Error).message]),
    ).toEqual([
      ["FLEET_DISCOVERY_LISTENER_FAILED", undefined, "thrown"],
      ["FLEET_DISCOVERY_LISTENER_FAILED", undefined, "rejected"],
    ]);
  });

  test("a change that a listener causes is told to everybody after the current one", async () => {
    await using it = await running("a");
    const { sink } = it.sources[0]!;
    const early: string[] = [];
    const late: string[] = [];
    it.discovery.subscribe(({ type, instance }) => {
      early.push(`${type} ${instance.name}`);
      if (instance.name === "one" && type === "added") sink.replace(made({ name: "two" }));
    });
    it.discovery.subscribe(({ type, instance }) => late.push(`${type} ${instance.name}`));
    sink.replace(made({ name: "one" }, { name: "other" }));
    const expected = ["added one", "added other", "removed one", "removed other", "added two"];
    expect(early).toEqual(expected);
    expect(late).toEqual(expected);
  });

  test("one that leaves or comes while a change is told hears nothing of it", async () => {
    await using it = await running("a");
    const heard: string[] = [];
    it.discovery.subscribe(({ instance }) => {
      leaving[Symbol.dispose]();
      if (instance.name === "one")
        it.discovery.subscribe(({ instance }) => heard.push(`new ${instance.name}`));
    });
    const leaving = it.discovery.subscribe(({ instance }) => heard.push(`leaving ${instance.name}`));
    it.sources[0]!.sink.replace(made({ name: "one" }));
    expect(heard).toEqual([]);
    it.sources[0]!.sink.replace(made({ name: "one" }, { name: "two" }));
    expect(heard).toEqual(["new two"]);
  });

  test("the same function twice is two subscriptions", async () => {
    await using it = await running("a");
    let times = 0;
    const listener = (): void => void (times += 1);
    using _once = it.discovery.subscribe(listener);
    const twice = it.discovery.subscribe(listener);
    it.sources[0]!.sink.replace(made({ name: "one" }));
    twice[Symbol.dispose]();
    twice[Symbol.dispose]();
    it.sources[0]!.sink.replace([]);
    expect(times).toBe(3);
  });
});

describe("two sources", () => {
  test("the first wins a name, whenever it comes; the loss is reported once and seen in the stats", async () => {
    using reported = errors();
    await using it = await running("first", "second");
    const [first, second] = it.sources.map(({ sink }) => sink);
    second!.replace(made({ name: "orders", uid: "s" }, { name: "users" }));
    first!.replace(made({ name: "orders", uid: "f" }));
    expect(it.told).toEqual(["added orders", "added users", "removed orders", "added orders"]);
    expect(it.discovery.instances.get("orders")?.uid).toBe("f");
    second!.replace(made({ name: "orders", uid: "s" }, { name: "users" }));
    expect(reported.messages).toMatchObject([{ code: "FLEET_DISCOVERY_CONFLICT", source: "second" }]);
    expect(reported.messages[0]?.error.message).toBe(
      "Instance orders of source second is not served: first came first with its name or uid",
    );
    expect(it.discovery.stats).toMatchObject({
      instances: 2,
      sources: [{ conflicts: [] }, { instances: 2, conflicts: ["orders"] }],
    });
    first!.replace([]);
    expect(it.discovery.instances.get("orders")?.uid).toBe("s");
    expect(it.discovery.stats.sources[1]?.conflicts).toEqual([]);
  });

  test("a uid is claimed like a name, and one source may conflict with itself", async () => {
    using reported = errors();
    await using it = await running("a");
    it.sources[0]!.sink.replace([...made({ name: "one", uid: "u" }), ...made({ name: "two", uid: "u" })]);
    expect([...it.discovery.instances.keys()]).toEqual(["one"]);
    expect(reported.messages.map(({ code }) => code)).toEqual(["FLEET_DISCOVERY_CONFLICT"]);
  });
});

describe("an error", () => {
  test("takes no instance away, is reported with its code, and is forgotten when the source delivers again", async () => {
    using reported = errors();
    await using it = await running("a");
    const { sink } = it.sources[0]!;
    sink.replace(made({ name: "one" }));
    await it.clock.advance(5_000);
    sink.fail(Object.assign(new Error("away"), { code: "ECONNREFUSED" }));
    sink.fail("a string");
    expect([...it.discovery.instances.keys()]).toEqual(["one"]);
    expect(it.discovery.stats.sources[0]).toEqual({
      name: "a",
      state: "stale",
      instances: 1,
      conflicts: [],
      lastSyncAgeMs: 5_000,
      lastError: "FLEET_DISCOVERY_SOURCE_FAILED",
      profiles: {},
      conditions: [],
      resources: [],
    });
    expect(reported.messages.map(({ code }) => code)).toEqual([
      "ECONNREFUSED",
      "FLEET_DISCOVERY_SOURCE_FAILED",
    ]);
    expect(reported.messages[1]?.error.message).not.toContain("a string");
    sink.replace(made({ name: "one" }));
    expect(it.discovery.stats.sources[0]).toMatchObject({
      state: "current",
      lastSyncAgeMs: 0,
      lastError: undefined,
    });
  });
});

describe("the stats of a source", () => {
  test("count its instances by profile, and have its conditions and resources as they are now", async () => {
    await using it = await running("a");
    const [source] = it.sources;
    const profiled = (name: string, profile: string): Instance => ({ ...made({ name })[0]!, profile });
    source!.sink.replace([
      ...made({ name: "by-hand" }),
      profiled("one", "app-redis"),
      profiled("two", "app-redis"),
      profiled("three", "dragonfly"),
    ]);
    const condition = { reason: "NoPort", object: "Service shop/orders", message: "it has no port" };
    source!.conditions = [condition];
    source!.resources = [
      {
        resource: "services",
        state: "watching",
        objects: 4,
        hasSynced: true,
        lastSyncAgeMs: 7,
        lists: 1,
        restarts: { expired: 2 },
        events: { added: 4 },
        decodeErrors: 0,
      },
    ];
    expect(it.discovery.stats.sources[0]).toMatchObject({
      instances: 4,
      profiles: { "app-redis": 2, dragonfly: 1 },
      conditions: [condition],
      resources: [{ resource: "services", state: "watching", restarts: { expired: 2 } }],
    });
    source!.conditions = [];
    expect(it.discovery.stats.sources[0]?.conditions).toEqual([]);
  });

  test("count the profiles of what it knows, whether that is served or not", async () => {
    await using it = await running("first", "second");
    const [orders] = made({ name: "orders" });
    it.sources[0]!.sink.replace([orders!]);
    it.sources[1]!.sink.replace([{ ...orders!, uid: "other", profile: "app-redis" }]);
    expect(it.discovery.stats).toMatchObject({
      instances: 1,
      sources: [{ profiles: {} }, { profiles: { "app-redis": 1 }, conflicts: ["orders"] }],
    });
  });
});

describe("closing", () => {
  test("closes every source once, ends the stream and keeps the last set readable", async () => {
    await using it = await running("a", "b");
    it.sources[0]!.sink.replace(made({ name: "one" }));
    const told = it.told.length;
    await Promise.all([it.discovery.close(), it.discovery.close()]);
    it.sources[0]!.sink.replace([]);
    it.sources[0]!.sink.fail(new Error("late"));
    expect(it.told).toHaveLength(told);
    expect([...it.discovery.instances.keys()]).toEqual(["one"]);
    expect(it.sources.map(({ closes }) => closes)).toEqual([1, 1]);
    expect(it.sources[0]!.signal?.aborted).toBe(true);
    expect(it.discovery.stats.sources.map(({ state }) => state)).toEqual(["closed", "closed"]);
    expect(it.clock.pending).toBe(0);
  });

  test("a source that cannot be closed is reported and holds up nobody", async () => {
    using reported = errors();
    const stuck: InstanceSource = {
      name: "stuck",
      start: (sink) => Promise.resolve(sink.replace([])),
      close: () => Promise.reject(new Error("no")),
    };
    const other = new ManualSource("other");
    const discovery = new Discovery({ sources: [stuck, other] });
    const start = discovery.start();
    other.sink.replace([]);
    await start;
    await discovery.close();
    expect(other.closes).toBe(1);
    expect(reported.messages).toMatchObject([{ code: "FLEET_DISCOVERY_SOURCE_FAILED", source: "stuck" }]);
  });
});
