import { RedisError } from "../errors.ts";
import { turn } from "./lua/scripts.ts";
import type { RunSession } from "./session.ts";
import type { Settled, SettlementReport } from "./settlement-report.ts";

export interface ClaimedChunk {
  readonly number: number;
  /** What is left of it, a `Remainder` as JSON; absent: all. */
  readonly remainder?: string;
  /** Its stored items as JSON, where the source is not a range. */
  readonly items?: string;
}

/** A lease that Redis has for this worker. */
export interface OverdueLease {
  readonly chunk: number;
  readonly token: string;
}

/** What `turn.lua` answers. */
interface Reply {
  readonly timeUs: string;
  readonly state: TurnAnswer["state"] | "stale";
  readonly token?: string;
  readonly chunks?: readonly ClaimedChunk[];
  readonly fresh?: { readonly first: number; readonly count: number };
  readonly fenced?: readonly number[];
  readonly overdue?: readonly OverdueLease[];
  readonly pauseMs?: number;
  readonly dueMs?: number;
  readonly wakeId?: string;
  readonly lastEntry?: string;
}

/** The answer to a turn, complete. */
export interface TurnAnswer {
  readonly state: "loading" | "running" | "paused" | "complete" | "drained";
  /** The fencing token of the claim; "0" where nothing was claimed. */
  readonly token: string;
  readonly chunks: readonly ClaimedChunk[];
  /** Leases that Redis has for this worker, and whose time was over. */
  readonly overdue: readonly OverdueLease[];
  /** How long the hub must not be called, in milliseconds. */
  readonly pauseMs: number;
  /** Milliseconds until a chunk becomes due that no worker holds; undefined when none will by itself. */
  readonly dueMs: number | undefined;
  /** The last wake-up, and the last entry of the stream that was delivered: where a wait begins. */
  readonly wakeId: string;
  readonly lastEntry: string | undefined;
}

/** What a worker has room for. */
export interface Demand {
  readonly chunks: number;
  /** Whether there is room for a chunk whose holder died. */
  readonly suspect: boolean;
}

/** What follows from processes that die while they hold a chunk. */
export interface CrashLimits {
  /** Crashes in all until the id that was at work alone is given up. */
  readonly crashLimit: number;
  /** Crashes until the chunk is worked through one id at a time. */
  readonly suspectAfter: number;
}

/** Settlements per turn. */
const mostPerTurn = 1000;

/** A worker's turns: each reports what the worker has finished, and in the same step claims what comes next. */
export class TurnClient<S extends Settled> {
  readonly #session: RunSession;
  readonly #limits: CrashLimits;
  #settled: S[] = [];
  #disowned: SettlementReport[] = [];
  #number = 0;

  constructor(session: RunSession, { crashLimit, suspectAfter }: CrashLimits) {
    this.#session = session;
    this.#limits = { crashLimit, suspectAfter };
  }

  /** Settlements that were not reported yet. */
  get pending(): number {
    return this.#settled.length + this.#disowned.length;
  }

  /** Keeps a settlement for the next turn. */
  add(settlement: S): void {
    this.#settled.push(settlement);
  }

  /** Gives up a lease that the worker does not know (any more): Redis has forgotten its acknowledgement in a crash. */
  disown({ chunk, token }: OverdueLease): void {
    this.#disowned.push({ outcome: "later", chunk, token, delayMs: 0 });
  }

  /**
   * Resolves when Redis has answered. One at a time.
   *
   * @param acknowledged called for each settlement that was reported, with whether another worker has its chunk.
   * @throws EpochError, the server's refusal, the signal's reason.
   */
  async take(
    demand: Demand,
    signal: AbortSignal,
    acknowledged: (settlement: S, isFenced: boolean) => void,
  ): Promise<TurnAnswer> {
    this.#number += 1;
    const settled = this.#settled.slice(0, mostPerTurn);
    const disowned = this.#disowned.slice(0, mostPerTurn);
    const settlements = [...disowned, ...settled.flatMap(({ report }) => report ?? [])];
    const reply = await this.#session.ask<Reply>(
      turn,
      {
        number: this.#number,
        chunks: demand.chunks,
        isSuspectWanted: demand.suspect,
        ...this.#limits,
        ...(settlements.length > 0 && { settlements }),
      },
      settled.flatMap(({ chunk, report }) => (report === undefined ? [chunk.number, chunk.token] : [])),
      signal,
    );
    if (reply.state === "stale")
      throw new RedisError("refused", `another worker has the name ${this.#session.worker}`);
    this.#settled.splice(0, settled.length);
    this.#disowned.splice(0, disowned.length);
    const fenced = new Set(reply.fenced);
    for (const each of settled) acknowledged(each, fenced.has(each.chunk.number));
    return answerOf(reply, reply.state);
  }
}

function answerOf(reply: Reply, state: TurnAnswer["state"]): TurnAnswer {
  const { token = "0", chunks = [], fresh = { first: 0, count: 0 }, overdue = [], pauseMs = 0 } = reply;
  const untouched = Array.from({ length: fresh.count }, (_, index) => ({ number: fresh.first + index }));
  return {
    state,
    token,
    chunks: [...chunks, ...untouched],
    overdue,
    pauseMs,
    dueMs: reply.dueMs,
    wakeId: reply.wakeId ?? "0-0",
    lastEntry: reply.lastEntry,
  };
}
