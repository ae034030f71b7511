import type { Link } from "../redis/link.ts";
import type { Run } from "../run.ts";
import { readAnswer } from "./lost.ts";
import type { Script } from "./scripts/script.ts";

/** A worker speaking to its run: who it is, and how much of the past it remembers. */
export class Contact {
  readonly worker: string;
  readonly #run: Run;
  readonly #link: Link;
  readonly #terms: { readonly leaseMs: number; readonly maxLossMs: number };
  /** The newest Redis time that was told, in microseconds. */
  #seen = 0;

  constructor(
    worker: string,
    run: Run,
    link: Link,
    terms: { readonly leaseMs: number; readonly maxLossMs: number },
  ) {
    this.worker = worker;
    this.#run = run;
    this.#link = link;
    this.#terms = terms;
  }

  /**
   * Runs a script that begins with `speak` until it is answered, however long Redis is away.
   *
   * @throws EpochError, the server's refusal, the signal's reason.
   */
  async speak<A extends { readonly n: string }>(
    script: Script,
    args: readonly (string | number)[],
    signal: AbortSignal,
  ): Promise<A> {
    const { name, epoch, keys } = this.#run;
    const { leaseMs, maxLossMs } = this.#terms;
    const all = [epoch, this.worker, leaseMs, this.#seen, maxLossMs, ...args];
    const answer = readAnswer(name, await this.#link.insist(script, keys.all, all, signal)) as A;
    this.#seen = Math.max(this.#seen, Number(answer.n));
    return answer;
  }
}
