import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually, seededRandom, startFaultProxy, startRedis } from "@fleet/testkit";

import { check, type Findings } from "./checker.ts";
import { type Child, Children } from "./children.ts";
import type { HistoryLine } from "./history.ts";
import { type Ledger, startLedger } from "./ledger.ts";
import { type Misfortune, Schedule } from "./schedule.ts";
import type { BadIds, OpenRound, Round, System } from "./system.ts";

export interface CampaignOptions {
  readonly system: System;
  /** Workers killed in all. */
  readonly kills: number;
  readonly seed: number;
  /** Where the histories are kept. */
  readonly folder: string;
  readonly workers?: number;
  readonly leaseMs?: number;
  /** The mean time between two misfortunes. @default 550 */
  readonly everyMs?: number;
  /** Calls to the hub, of all workers. */
  readonly perSecond?: number;
  /** Ids per round; a new round begins when one is through and there are kills left. */
  readonly ids?: number;
  /** Whether a round has ids that hub or sink always answer with an error: single ones, neighbours, and the last. @default false */
  readonly hasBad?: boolean;
  /** How long a round may take after its last misfortune. */
  readonly drainMs?: number;
  readonly say?: (line: string) => void;
}

export interface Report extends Findings {
  readonly rounds: number;
  readonly redisKills: number;
  readonly halfOpens: number;
  readonly tookMs: number;
  /** Rounds that were not through in time. */
  readonly stuck: number;
}

const chunkSize = 5;

/** Rounds of work under misfortunes that come from a seed, each checked by what hub and sink saw. */
export async function runCampaign(options: CampaignOptions): Promise<Report> {
  const { system, kills, seed, folder, workers = 3, leaseMs = 1000, perSecond = 200, ids = 600 } = options;
  mkdirSync(folder, { recursive: true });
  const startedAt = performance.now();
  const schedule = new Schedule(seededRandom(seed), workers, options.everyMs ?? 550);
  await using redis = await startRedis({ config: { appendonly: "yes", appendfsync: "everysec" } });
  await using proxy = await startFaultProxy(redis);
  const rounds: Findings[] = [];
  let [left, stuck, redisKills, halfOpens] = [kills, 0, 0, 0];
  while (left > 0) {
    const number = rounds.length + 1;
    const file = join(folder, `${system.name}-${seed}-${number}.ndjson`);
    const bad = options.hasBad === true ? badIdsOf(ids) : { hub: [], sink: [] };
    await using ledger = await startLedger({ file, fetchMs: 5, writeMs: 5, bad });
    await using children = new Children();
    const round: Round = {
      name: `round-${number}`,
      from: 1,
      to: ids,
      chunkSize,
      leaseMs,
      perSecond,
      ledgerPort: ledger.port,
      bad,
    };
    await using open = await system.open(redis, round);
    const crew = new Crew(workers, open, children, proxy, schedule, ledger, left);
    crew.start();
    // Workers that stay when nothing is left do not say so.
    const asking = new AbortController();
    const through = Promise.race([crew.through, untilThrough(open, asking.signal)]);
    for (;;) {
      const { afterMs, what } = schedule.next();
      const isOver = await Promise.race([sleep(afterMs, false), through.then(() => true)]);
      if (isOver || crew.killed >= left) break;
      if (what.kind !== "kill") ledger.record({ kind: "fault", what: what.kind });
      redisKills += Number(what.kind === "kill redis");
      halfOpens += Number(what.kind === "half-open");
      await befall(what, crew, redis, proxy);
    }
    asking.abort();
    // Nothing happens any more, and what is left is done.
    crew.spare();
    const isThrough = await eventually(
      async () => {
        if (!(await open.isThrough())) throw new Error("not through");
        return true;
      },
      { timeoutMs: options.drainMs ?? 60_000, intervalMs: 100 },
    ).catch(() => false);
    if (isThrough) await crew.rest();
    stuck += Number(!isThrough);
    const findings = check({
      history: read(file),
      from: round.from,
      to: round.to,
      stored: ledger.store.keys(),
      dead: await open.dead(),
      bad: [...bad.hub, ...bad.sink],
      hasTokens: system.hasTokens,
    });
    left -= findings.kills;
    rounds.push(findings);
    options.say?.(
      `round ${number}: ${inWords(findings)}; ${await open.claims()}${isThrough ? "" : "; STUCK"}`,
    );
  }
  return {
    ...sumOf(rounds),
    rounds: rounds.length,
    redisKills,
    halfOpens,
    stuck,
    tookMs: performance.now() - startedAt,
  };
}

/** More of them side by side than open a breaker, one by one over the range, and the very last. */
function badIdsOf(to: number): BadIds {
  const ids = Array.from({ length: to }, (_, index) => index + 1);
  return {
    hub: ids.filter((id) => (id > 100 && id <= 112) || id % 50 === 7 || id > to - 3).map(String),
    sink: ids.filter((id) => id % 50 === 33 || id === to - 3).map(String),
  };
}

async function untilThrough(open: OpenRound, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Redis is killed now and then.
    if (await open.isThrough().catch(() => false)) return;
    await sleep(250);
  }
}

type Redis = Awaited<ReturnType<typeof startRedis>>;
type Proxy = Awaited<ReturnType<typeof startFaultProxy>>;

async function befall(what: Misfortune["what"], crew: Crew, redis: Redis, proxy: Proxy): Promise<void> {
  switch (what.kind) {
    case "kill":
      return crew.kill(what.worker);
    case "kill redis":
      await redis.kill();
      await sleep(what.downMs);
      return redis.restart();
    default:
      proxy.inject({ kind: "halfOpen" });
      await sleep(what.ms);
      return proxy.heal();
  }
}

/** So many workers at any time: who dies is replaced, until nobody dies any more. */
class Crew {
  readonly #start: () => Child;
  readonly #ledger: Ledger;
  readonly #most: number;
  readonly #workers: Child[] = [];
  readonly #through = Promise.withResolvers<void>();
  #isSpared = false;
  killed = 0;
  isThrough = false;

  constructor(
    workers: number,
    round: OpenRound,
    children: Children,
    proxy: Proxy,
    schedule: Schedule,
    ledger: Ledger,
    most: number,
  ) {
    const calm = { crashPoint: () => undefined } as unknown as Schedule;
    this.#start = () => round.startWorker(children, proxy, this.#isSpared ? calm : schedule);
    this.#ledger = ledger;
    this.#most = most;
    this.#workers.length = workers;
  }

  /** Resolves when a worker says that there is nothing left. */
  get through(): Promise<void> {
    return this.#through.promise;
  }

  start(): void {
    for (let place = 0; place < this.#workers.length; place += 1) this.#fill(place);
  }

  /** Not before it has got as far as speaking to Redis: killing what has not begun tests the machine's patience. */
  async kill(place: number): Promise<void> {
    const child = this.#workers[place]!;
    while (!child.said.includes("started") && !child.isGone) await sleep(10);
    child.kill("SIGKILL");
  }

  /** From now on only those die whose end is decided already. */
  spare(): void {
    this.#isSpared = true;
  }

  /** Resolves when all have ended in good order. */
  async rest(): Promise<void> {
    this.isThrough = true;
    for (const child of this.#workers) if (!child.isGone) child.kill("SIGTERM");
    await Promise.all(this.#workers.map(({ end }) => end));
  }

  #fill(place: number): void {
    if (this.isThrough) return;
    const child = this.#start();
    this.#workers[place] = child;
    void child.end.then((how) => {
      if (how === "SIGKILL") {
        if (this.killed < this.#most) this.#ledger.record({ kind: "kill", pid: child.pid });
        this.killed += 1;
        this.#fill(place);
      } else if (how === 0) {
        this.isThrough = true;
        this.#through.resolve();
      } else this.#fill(place);
    });
  }
}

function read(file: string): readonly HistoryLine[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as HistoryLine);
}

function sumOf(rounds: readonly Findings[]): Findings {
  const sum = (pick: (findings: Findings) => number): number =>
    rounds.reduce((total, findings) => total + pick(findings), 0);
  return {
    lost: rounds.flatMap(({ lost }) => lost),
    unexpected: rounds.flatMap(({ unexpected }) => unexpected),
    dead: sum(({ dead }) => dead),
    wronged: rounds.flatMap(({ wronged }) => wronged),
    duplicates: sum(({ duplicates }) => duplicates),
    tokenFaults: rounds.flatMap(({ tokenFaults }) => tokenFaults),
    mostPerSecond: Math.max(...rounds.map(({ mostPerSecond }) => mostPerSecond)),
    kills: sum(({ kills }) => kills),
    longestSilenceMs: Math.max(...rounds.map(({ longestSilenceMs }) => longestSilenceMs)),
    recoveries: rounds.flatMap(({ recoveries }) => recoveries).toSorted((a, b) => a - b),
  };
}

export function inWords(findings: Findings): string {
  const { lost, unexpected, dead, wronged, duplicates, tokenFaults, mostPerSecond, kills, recoveries } =
    findings;
  const at = (share: number): string =>
    recoveries.length === 0 ? "-" : (recoveries[Math.ceil(share * recoveries.length) - 1]! / 1000).toFixed(1);
  return [
    `kills ${kills}`,
    `lost ${lost.length}`,
    `unexpected ${unexpected.length}`,
    `dead ${dead} (${wronged.length} wrongly)`,
    `duplicates ${duplicates}`,
    `token faults ${tokenFaults.length}`,
    `most calls in a second ${mostPerSecond}`,
    `back after ${at(0.5)} s (median), ${at(0.95)} s (95 %), ${at(1)} s (most)`,
    `longest silence ${(findings.longestSilenceMs / 1000).toFixed(1)} s`,
  ].join(", ");
}
