import type { Script } from "../../src/protocol/lua/script.ts";
import { extend, turn } from "../../src/protocol/lua/scripts.ts";
import { readAnswer } from "../../src/protocol/read-answer.ts";
import type { SettlementReport } from "../../src/protocol/settlement-report.ts";
import type { ClaimedChunk, CrashLimits, OverdueLease } from "../../src/protocol/turn-client.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import type { Run } from "../../src/run.ts";

/** What `turn` answers, as it comes. */
export interface TurnReply {
  readonly state: string;
  readonly timeUs: string;
  readonly token?: string;
  readonly fresh?: { readonly first: number; readonly count: number };
  readonly chunks?: readonly ClaimedChunk[];
  readonly fenced?: readonly number[];
  readonly overdue?: readonly OverdueLease[];
  readonly dueMs?: number;
}

export interface TurnRequest {
  readonly want?: number;
  readonly suspect?: boolean;
  readonly done?: readonly (readonly [number, string])[];
  readonly settlements?: readonly SettlementReport[];
}

/** A worker made of nothing but the scripts, one call at a time. */
export class Actor {
  readonly name: string;
  readonly #run: Run;
  readonly #link: RedisLink;
  readonly #limits: CrashLimits;
  #number = 0;
  seenUs = 0;
  #request: Readonly<Record<string, unknown>> = {};
  #done: readonly (string | number)[] = [];

  constructor(
    name: string,
    run: Run,
    link: RedisLink,
    limits: CrashLimits = { crashLimit: 4, suspectAfter: 2 },
  ) {
    this.name = name;
    this.#run = run;
    this.#link = link;
    this.#limits = limits;
  }

  async turn({ want = 0, suspect = false, done = [], settlements = [] }: TurnRequest): Promise<TurnReply> {
    this.#number += 1;
    this.#request = {
      ...this.#session,
      number: this.#number,
      chunks: want,
      isSuspectWanted: suspect,
      ...this.#limits,
      ...(settlements.length > 0 && { settlements }),
    };
    this.#done = done.flat();
    return this.again();
  }

  /** The last turn, word by word: what a client does that got no answer. */
  async again(): Promise<TurnReply> {
    const reply = await this.#ask<TurnReply>(turn, this.#request, this.#done);
    this.seenUs = Math.max(this.seenUs, Number(reply.timeUs));
    return reply;
  }

  /** The last turn but one arrives only now. */
  async late(): Promise<TurnReply> {
    return this.#ask<TurnReply>(turn, { ...this.#request, number: this.#number - 1 }, this.#done);
  }

  async extend(chunks: readonly (readonly [number, string])[]): Promise<readonly number[]> {
    const request = { ...this.#session, report: "{}" };
    return (
      (await this.#ask<{ readonly fenced?: readonly number[] }>(extend, request, chunks.flat())).fenced ?? []
    );
  }

  get #session(): Readonly<Record<string, unknown>> {
    const { epoch } = this.#run;
    return { epoch, worker: this.name, leaseMs: 60_000, seenUs: this.seenUs, maxLossMs: 5000 };
  }

  async #ask<T>(script: Script, request: object, rest: readonly (string | number)[]): Promise<T> {
    const { name, keys } = this.#run;
    const args = [JSON.stringify(request), ...rest];
    return readAnswer(name, await this.#link.run(script, keys.all, args)) as T;
  }
}

/** The chunks of a reply, with what is left of them. */
export function chunksOf({
  chunks = [],
  fresh = { first: 0, count: 0 },
}: TurnReply): readonly { readonly chunk: number; readonly remainder?: string | undefined }[] {
  return [
    ...chunks.map(({ number, remainder }) => ({ chunk: number, remainder })),
    ...Array.from({ length: fresh.count }, (_, index) => ({ chunk: fresh.first + index })),
  ];
}
