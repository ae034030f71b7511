import { readAnswer } from "../../src/protocol/lost.ts";
import { extend } from "../../src/protocol/scripts/extend.ts";
import { turn } from "../../src/protocol/scripts/turn.ts";
import type { Told } from "../../src/protocol/told.ts";
import type { CrashLimits } from "../../src/protocol/turns.ts";
import type { Link } from "../../src/redis/link.ts";
import type { Run } from "../../src/run.ts";

/** What `turn` answers, as it comes. */
export interface TurnReply {
  readonly s: string;
  readonly n: string;
  readonly t?: string;
  readonly a?: readonly [number, number];
  readonly c?: readonly (readonly [number, string | false, string | false])[];
  readonly f?: readonly number[];
  readonly o?: readonly (readonly [number, string])[];
  readonly w?: number;
}

export interface TurnRequest {
  readonly want?: number;
  readonly suspect?: boolean;
  readonly done?: readonly (readonly [number, string])[];
  readonly told?: readonly Told[];
}

/** A worker made of nothing but the scripts, one call at a time. */
export class Actor {
  readonly name: string;
  readonly #run: Run;
  readonly #link: Link;
  readonly #limits: CrashLimits;
  #number = 0;
  seen = 0;
  #last: readonly (string | number)[] = [];

  constructor(name: string, run: Run, link: Link, limits: CrashLimits = { crashLimit: 4, patience: 2 }) {
    this.name = name;
    this.#run = run;
    this.#link = link;
    this.#limits = limits;
  }

  async turn({ want = 0, suspect = false, done = [], told = [] }: TurnRequest): Promise<TurnReply> {
    this.#number += 1;
    this.#last = [
      this.#run.epoch,
      this.name,
      60_000,
      this.seen,
      5000,
      this.#number,
      want,
      suspect ? 1 : 0,
      this.#limits.crashLimit,
      this.#limits.patience,
      told.length === 0 ? "" : JSON.stringify(told),
      done.length,
      ...done.map(([chunk]) => chunk),
      ...done.map(([, token]) => token),
    ];
    return this.again();
  }

  /** The last turn, word by word: what a client does that got no answer. */
  async again(): Promise<TurnReply> {
    const reply = await this.#ask<TurnReply>(this.#last);
    this.seen = Math.max(this.seen, Number(reply.n));
    return reply;
  }

  /** The last turn but one arrives only now. */
  async late(): Promise<TurnReply> {
    return this.#ask<TurnReply>(this.#last.with(5, this.#number - 1));
  }

  async extend(chunks: readonly (readonly [number, string])[]): Promise<readonly number[]> {
    const args = [
      this.#run.epoch,
      this.name,
      60_000,
      this.seen,
      5000,
      "{}",
      chunks.length,
      ...chunks.map(([chunk]) => chunk),
      ...chunks.map(([, token]) => token),
    ];
    const answer = await this.#link.run(extend, this.#run.keys.all, args);
    return (readAnswer(this.#run.name, answer) as { readonly f?: readonly number[] }).f ?? [];
  }

  async #ask<T>(args: readonly (string | number)[]): Promise<T> {
    return readAnswer(this.#run.name, await this.#link.run(turn, this.#run.keys.all, args)) as T;
  }
}

/** The chunks of a reply, with what is left of them. */
export function chunksOf(
  reply: TurnReply,
): readonly { readonly chunk: number; readonly left: string | false }[] {
  const [first, fresh] = reply.a ?? [0, 0];
  return [
    ...(reply.c ?? []).map(([chunk, left]) => ({ chunk, left })),
    ...Array.from({ length: fresh }, (_, index) => ({ chunk: first + index, left: false as const })),
  ];
}
