import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { eventually, seededRandom, startFaultProxy } from "@fleet/testkit";
import { namespace } from "@fleet/testkit/kubernetes";
import type { AnyApiServer } from "@fleet/testkit/kubernetes";
import type { Clock } from "@fleet/time";

import { ApiServer, Reflector } from "../../src/kubernetes/index.ts";
import { commonFaults } from "./churn-faults.ts";
import type { ChurnFault } from "./churn-faults.ts";
import { churnNamespace, churnSelector, ChurningServices } from "./churning-services.ts";
import { kept, Mirror } from "./mirror.ts";
import type { Kept } from "./mirror.ts";

export interface ChurnRunOptions {
  readonly server: AnyApiServer;
  readonly seed: number;
  /** How long it lasts at the least. @default 0 */
  readonly durationMs?: number;
  /** How many rounds it has at the least. @default 3 */
  readonly leastRounds?: number;
  /** Beside those that can happen to every server. */
  readonly faults: (random: () => number) => readonly ChurnFault[];
  /** Changes between two looks whether all is as it must be. */
  readonly changesPerRound?: number;
  readonly faultShare?: number;
  /** How many times faster time passes for the reflector. @default 10 */
  readonly haste?: number;
  readonly say?: (line: string) => void;
}

export interface ChurnReport {
  readonly rounds: number;
  readonly changes: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly told: number;
  readonly slowestQuiescenceMs: number;
  readonly heapGrowthBytes: number;
}

/** How long after the last fault a reflector may need: a backoff of half a minute, and what was asked then. */
const quiescenceMs = 60_000;
/** Of what a reflector may hold open: its watch, a list, and what is just ending. */
const mostConnections = 4;

/** Changes and faults by chance; after each round all is still, and the reflector must have exactly what the server has. */
export async function runChurn(options: ChurnRunOptions): Promise<ChurnReport> {
  const {
    server,
    seed,
    durationMs = 0,
    leastRounds = 3,
    changesPerRound = 60,
    faultShare = 0.1,
    haste = 10,
    say = () => {},
  } = options;
  const random = seededRandom(seed);
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => void process.off("unhandledRejection", note));
  const proxy = stack.use(await startFaultProxy(server, { random }));
  const faults = [...commonFaults(server, proxy, random), ...options.faults(random)];
  await server.apply(namespace(churnNamespace));

  const clock = hastyClock(haste);
  const api = stack.use(
    new ApiServer({
      server: { url: `https://${proxy.host}:${proxy.port}`, ca: server.ca, token: server.adminToken },
      clock,
    }),
  );
  const mirror = new Mirror();
  const { applied, deleted, synced } = mirror;
  const reflector = stack.use(
    new Reflector<Kept>({
      api,
      resource: { group: "", version: "v1", plural: "services" },
      namespace: churnNamespace,
      labelSelector: churnSelector,
      project: kept,
      handler: { applied, deleted, synced },
      pageSize: 7,
      clock,
      random,
    }),
  );
  const churn = new ChurningServices(server, random);
  await churn.expected();
  await reflector.start();

  const counts: Record<string, number> = {};
  const deadline = performance.now() + durationMs;
  let [rounds, changes, slowestQuiescenceMs, heapAtFirst, heapAtLast, told] = [0, 0, 0, 0, 0, 0];
  for (; performance.now() < deadline || rounds < leastRounds; rounds += 1) {
    for (let change = 0; change < changesPerRound; change += 1) {
      if (random() < faultShare) {
        const { name, happen } = faults[Math.floor(random() * faults.length)]!;
        counts[name] = (counts[name] ?? 0) + 1;
        await happen();
        // Who went back in time has other objects.
        await churn.expected();
      }
      await churn.step();
      changes += 1;
      if (random() < 0.3) await sleep(random() * 20);
    }
    heal(server, proxy);
    const expected = await churn.expected();
    const start = performance.now();
    await eventually(
      () => {
        assert.deepEqual(new Map(reflector.items), expected);
        // What a whole set changes is told in turns.
        assert.deepEqual(mirror.items, expected);
      },
      { timeoutMs: quiescenceMs },
    );
    slowestQuiescenceMs = Math.max(slowestQuiescenceMs, performance.now() - start);
    assert.deepEqual(mirror.contradictions, []);
    assert.deepEqual(unhandled, []);
    await eventually(() => assert.equal(reflector.stats.state, "watching"), { timeoutMs: quiescenceMs });
    await eventually(() =>
      assert.ok(proxy.connections <= mostConnections, `${proxy.connections} connections`),
    );
    told += mirror.told.splice(0).length;
    heapAtLast = heap();
    if (rounds === 1) heapAtFirst = heapAtLast;
    say(`round ${rounds}: ${expected.size} objects, ${Math.round(performance.now() - start)} ms until still`);
  }
  await reflector.close();
  await api.close();
  await eventually(() => assert.equal(proxy.connections, 0));
  return {
    rounds,
    changes,
    faults: counts,
    told,
    slowestQuiescenceMs: Math.round(slowestQuiescenceMs),
    heapGrowthBytes: heapAtLast - heapAtFirst,
  };
}

function heal(server: AnyApiServer & { heal?: () => void }, proxy: { heal(): void }): void {
  proxy.heal();
  server.heal?.();
}

/** A backoff of half a minute is over in seconds. */
function hastyClock(haste: number): Clock {
  return {
    now: () => performance.now() * haste,
    setTimeout: (callback, ms) => setTimeout(callback, ms / haste).unref(),
    clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  };
}

/** What is used after everything that is not has gone. */
function heap(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
