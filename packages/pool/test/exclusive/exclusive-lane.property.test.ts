import { deepEqual, equal, ok } from "node:assert/strict";
import { setImmediate as afterIo } from "node:timers/promises";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Lease } from "../../src/index.ts";
import { open, type Scene } from "../ioredis/lanes/shared/lane-scene.ts";
import type { FakeConnection } from "./fake-factory.ts";

/** One thing that happens to a lane. `at` picks a lease, a dial or a connection among those there are. */
type Step =
  | { readonly do: "acquire"; readonly abortable: boolean; readonly timeoutMs: number }
  | { readonly do: "release" | "release twice" | "destroy" | "abort"; readonly at: number }
  | { readonly do: "dial succeeds" | "dial fails" | "dies"; readonly at: number }
  | { readonly do: "reset refuses" | "reset throws" | "reset hangs"; readonly at: number }
  | { readonly do: "time"; readonly ms: number };

const at = fc.nat({ max: 50 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("acquire" as const),
      abortable: fc.boolean(),
      timeoutMs: fc.constantFrom(5, 50, 500),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("release" as const), at }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("dial succeeds" as const), at }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("release twice", "destroy", "abort", "dial fails", "dies"),
      at,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("reset refuses", "reset throws", "reset hangs"), at }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("time" as const), ms: fc.constantFrom(1, 20, 400, 3000) }),
  },
);

/** Drives a lane through a schedule and looks after every step whether what must always hold does. */
class Driver {
  readonly #scene: Scene;
  readonly #max: number;
  readonly #leases: Lease<FakeConnection>[] = [];
  readonly #released: Lease<FakeConnection>[] = [];
  readonly #aborts: AbortController[] = [];
  #dialsEnded = 0;
  #acquires = 0;
  #ended = 0;

  constructor(max: number) {
    this.#max = max;
    this.#scene = open({
      max,
      maxConcurrentDials: 2,
      maxWaiters: 6,
      dialTimeoutMs: 300,
      resetTimeoutMs: 40,
      idleTimeoutMs: 2000,
      maxAgeMs: 5000,
      redialMaxDelayMs: 100,
    });
    this.#scene.factory.manual = true;
  }

  async take(next: Step): Promise<void> {
    const { clock, factory, lane } = this.#scene;
    if (next.do === "acquire") this.#acquire(next.abortable, next.timeoutMs);
    else if (next.do === "time") await clock.advance(next.ms);
    else if (next.do === "dial succeeds") factory.dials[this.#dialsEnded++]?.succeed();
    else if (next.do === "dial fails") factory.dials[this.#dialsEnded++]?.fail(new Error("refused"));
    else if (next.do === "dies") pick(factory.alive, next.at)?.die();
    else if (next.do === "abort") pick(this.#aborts, next.at)?.abort();
    else if (next.do === "release twice") await pick(this.#released, next.at)?.release();
    else this.#giveBack(next.do, next.at);
    this.#dialsEnded = Math.min(this.#dialsEnded, factory.dials.length);
    await afterIo();
    this.#look(lane.stats);
  }

  /** Gives everything back and closes: nothing may be left. */
  async finish(): Promise<void> {
    const { clock, factory, lane } = this.#scene;
    for (const lease of this.#leases) void lease.release();
    const closed = lane.close({ graceMs: 100 });
    await clock.advance(100);
    await closed;
    for (const dial of factory.dials.slice(this.#dialsEnded)) dial.succeed();
    await clock.advance(10_000);
    equal(this.#ended, this.#acquires);
    deepEqual(factory.alive, []);
    const { total, waiting } = lane.stats;
    deepEqual({ total, waiting, timers: clock.pending }, { total: 0, waiting: 0, timers: 0 });
  }

  #acquire(abortable: boolean, timeoutMs: number): void {
    const { clock, lane } = this.#scene;
    const abort = new AbortController();
    if (abortable) this.#aborts.push(abort);
    this.#acquires += 1;
    lane.acquire({ deadline: clock.now() + timeoutMs, signal: abort.signal }).then(
      (lease) => {
        this.#ended += 1;
        this.#leases.push(lease);
      },
      () => (this.#ended += 1),
    );
  }

  #giveBack(how: Step["do"], index: number): void {
    const lease = pick(this.#leases, index);
    if (lease === undefined) return;
    this.#leases.splice(this.#leases.indexOf(lease), 1);
    this.#released.push(lease);
    const { connection } = lease;
    if (how === "reset refuses") connection.resetTo = false;
    if (how === "reset throws") connection.resetTo = new Error("no reply");
    if (how === "reset hangs") connection.resetTo = new Promise(() => undefined);
    if (how === "destroy") lease.destroy();
    else void lease.release();
  }

  #look(stats: Scene["lane"]["stats"]): void {
    const { factory } = this.#scene;
    const { idle, leased, resetting, dialing, total, hits, misses, exhausted, waiting } = stats;
    equal(idle + leased + resetting + dialing, total);
    ok(total <= this.#max);
    ok(dialing <= 2);
    equal(hits + misses + exhausted, this.#acquires);
    equal(waiting, this.#acquires - this.#ended);
    ok(idle === 0 || waiting === 0, "somebody waits although a connection is idle");
    equal(leased, this.#leases.length);
    const owned = this.#leases.map(({ connection }) => connection);
    equal(new Set(owned).size, owned.length, "a connection has two owners");
    ok(factory.alive.length <= total, "a connection is counted nowhere");
  }
}

function pick<T>(among: readonly T[], index: number): T | undefined {
  return among[index % Math.max(1, among.length)];
}

test("whatever happens in whatever order, connections are bounded, owned once, counted and closed", async () => {
  const schedules = fc.array(step, { minLength: 20, maxLength: 120 });
  const holds = fc.asyncProperty(fc.integer({ min: 1, max: 4 }), schedules, async (max, steps) => {
    const driver = new Driver(max);
    for (const next of steps) await driver.take(next);
    await driver.finish();
  });
  await expect(fc.assert(holds, { seed: 7, numRuns: 150 })).resolves.toBeUndefined();
});

test("100000 acquires that time out leave no timer, no listener and no waiter behind", async () => {
  const { lane, clock } = open({ max: 1, maxWaiters: 1000, acquireTimeoutMs: 10 });
  await lane.acquire();
  const abort = new AbortController();
  const listeners: Record<"added" | "removed", number> = { added: 0, removed: 0 };
  const { signal } = abort;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<AbortSignal["addEventListener"]>): void => {
    listeners.added += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<AbortSignal["removeEventListener"]>): void => {
    listeners.removed += 1;
    remove(...args);
  };
  let timedOut = 0;
  for (let round = 0; round < 100; round += 1) {
    for (let caller = 0; caller < 1000; caller += 1) lane.acquire({ signal }).catch(() => (timedOut += 1));
    // Due at one time each: the clock fires them one by one.
    await clock.advance(10);
  }
  expect(timedOut).toBe(100_000);
  expect(listeners).toEqual({ added: 100_000, removed: 100_000 });
  expect(lane.stats).toMatchObject({ waiting: 0, timeouts: 100_000, total: 1 });
  // That of the one lease.
  expect(clock.pending).toBe(1);
}, 60_000);
