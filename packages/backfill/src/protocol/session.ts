import type { RedisLink } from "../redis/link.ts";
import type { Run } from "../run.ts";
import type { Script } from "./lua/script.ts";
import { readAnswer } from "./read-answer.ts";

interface SessionTerms {
  readonly leaseMs: number;
  readonly maxLossMs: number;
}

/** A worker's session with its run: which worker it is, and how much of the past it remembers. */
export class RunSession {
  readonly worker: string;
  readonly #run: Run;
  readonly #link: RedisLink;
  readonly #terms: SessionTerms;
  /** The newest time of Redis that was in an answer, in microseconds. */
  #seenUs = 0;

  constructor(worker: string, run: Run, link: RedisLink, terms: SessionTerms) {
    this.worker = worker;
    this.#run = run;
    this.#link = link;
    this.#terms = terms;
  }

  /**
   * Runs a script that includes `parts/heartbeat` until it is answered, however long Redis is away.
   *
   * @param fields what the script wants in its request besides those of the session.
   * @param rest further arguments.
   * @throws EpochError, the server's refusal, the signal's reason.
   */
  async ask<A extends { readonly timeUs: string }>(
    script: Script,
    fields: Readonly<Record<string, unknown>>,
    rest: readonly (string | number)[],
    signal: AbortSignal,
  ): Promise<A> {
    const { name, epoch, keys } = this.#run;
    const { leaseMs, maxLossMs } = this.#terms;
    const request = { epoch, worker: this.worker, leaseMs, seenUs: this.#seenUs, maxLossMs, ...fields };
    const args = [JSON.stringify(request), ...rest];
    const answer = readAnswer(name, await this.#link.runUntilAnswered(script, keys.all, args, signal)) as A;
    this.#seenUs = Math.max(this.#seenUs, Number(answer.timeUs));
    return answer;
  }
}
