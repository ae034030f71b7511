import { RedisError } from "../errors.ts";
import type { Contact } from "./contact.ts";
import { turn } from "./scripts/turn.ts";
import type { Settled, Told } from "./told.ts";

/** A chunk as the script hands it out: number, what is left of it, its items; `false` is Lua's nil. */
type Handed = readonly [number, string | false, (string | false)?];

interface Reply {
  readonly n: string;
  readonly s: Answer["state"] | "stale";
  readonly t?: string;
  readonly c?: readonly Handed[];
  readonly a?: readonly [number, number];
  readonly f?: readonly number[];
  readonly o?: readonly (readonly [number, string])[];
  readonly p?: number;
  readonly w?: number;
  readonly k?: string;
  readonly g?: string;
}

export interface ClaimedChunk {
  readonly number: number;
  readonly left: string | undefined;
  readonly items: string | undefined;
}

/** What Redis says to a turn. */
export interface Answer {
  readonly state: "loading" | "running" | "paused" | "complete" | "drained";
  readonly token: string;
  readonly chunks: readonly ClaimedChunk[];
  /** Chunks and tokens that Redis takes for this worker's, and whose time was over. */
  readonly overdue: readonly (readonly [number, string])[];
  /** How long the hub wants to be left alone, in milliseconds. */
  readonly pauseMs: number;
  /** Until something becomes due that nobody has; undefined when nothing will by itself. */
  readonly dueMs: number | undefined;
  /** The last wake-up, and the last entry of the stream that was delivered: where a wait begins. */
  readonly wakeId: string;
  readonly lastEntry: string | undefined;
}

export interface Appetite {
  readonly chunks: number;
  /** Whether there is room for a chunk whose holder died. */
  readonly suspect: boolean;
}

/** What processes that die on a chunk make of it. */
export interface CrashLimits {
  /** Deaths in all until the id that was at work alone is given up. */
  readonly crashLimit: number;
  /** Deaths until the chunk is looked at one id at a time. */
  readonly patience: number;
}

/** Settlements per turn. */
const atOnce = 1000;

/** The worker's conversation with Redis: what it has finished, and in the same breath, what it gets next. */
export class Turns<S extends Settled> {
  readonly #contact: Contact;
  readonly #limits: CrashLimits;
  #settled: S[] = [];
  #disowned: Told[] = [];
  #number = 0;

  constructor(contact: Contact, limits: CrashLimits) {
    this.#contact = contact;
    this.#limits = limits;
  }

  /** Settlements that Redis has not heard yet. */
  get pending(): number {
    return this.#settled.length + this.#disowned.length;
  }

  /** To be told with the next turn. */
  tell(settlement: S): void {
    this.#settled.push(settlement);
  }

  /** Redis takes a chunk for this worker's that it is not, or not any more: its acknowledgement was forgotten in a crash. */
  disown(number: number, token: string): void {
    this.#disowned.push({ k: "later", c: number, t: token, d: 0 });
  }

  /**
   * Resolves when Redis has answered. One at a time.
   *
   * @param heard called for each settlement that was told, and whether its chunk was this worker's.
   * @throws EpochError, the server's refusal, the signal's reason.
   */
  async take(
    appetite: Appetite,
    signal: AbortSignal,
    heard: (settlement: S, isFenced: boolean) => void,
  ): Promise<Answer> {
    const settled = this.#settled.slice(0, atOnce);
    this.#number += 1;
    const disowned = this.#disowned.slice(0, atOnce);
    const told = [...disowned, ...settled.flatMap((each) => each.told ?? [])];
    const whole = settled.filter((each) => each.told === undefined);
    const reply = await this.#contact.speak<Reply>(
      turn,
      [
        this.#number,
        appetite.chunks,
        appetite.suspect ? 1 : 0,
        this.#limits.crashLimit,
        this.#limits.patience,
        told.length === 0 ? "" : JSON.stringify(told),
        whole.length,
        ...whole.map(({ chunk }) => chunk.number),
        ...whole.map(({ chunk }) => chunk.token),
      ],
      signal,
    );
    if (reply.s === "stale")
      throw new RedisError("refused", `another worker speaks as ${this.#contact.worker}`);
    this.#settled.splice(0, settled.length);
    this.#disowned.splice(0, disowned.length);
    const fenced = new Set(reply.f);
    for (const each of settled) heard(each, fenced.has(each.chunk.number));
    return answerOf(reply, reply.s);
  }
}

function answerOf(reply: Reply, state: Answer["state"]): Answer {
  const chunks: ClaimedChunk[] = (reply.c ?? []).map(([number, left, items]) => ({
    number,
    left: left === false ? undefined : left,
    items: items === false ? undefined : items,
  }));
  const [first, fresh] = reply.a ?? [0, 0];
  for (let index = 0; index < fresh; index += 1)
    chunks.push({ number: first + index, left: undefined, items: undefined });
  return {
    state,
    token: reply.t ?? "0",
    chunks,
    overdue: reply.o ?? [],
    pauseMs: reply.p ?? 0,
    dueMs: reply.w,
    wakeId: reply.k ?? "0-0",
    lastEntry: reply.g,
  };
}
