import type { StoredLetter } from "../protocol/dead-letter.ts";
import { itemOf, type Remainder, remainderOf, type Task } from "../protocol/item.ts";
import type { Settled, SettlementReport } from "../protocol/settlement-report.ts";
import type { OpenCall } from "./calls.ts";

/** How far a worker is with a chunk, as it reports it with its next turn. */
export interface Settlement extends Settled {
  readonly chunk: HeldChunk;
  readonly outcome: "done" | "retry" | "handed-back" | "kept";
  readonly counts: { readonly done: number; readonly retried: number; readonly dead: number };
  /** Called when Redis has acknowledged it, with whether another worker has the chunk. */
  readonly acknowledged?: (isFenced: boolean) => void;
}

interface HeldChunkOptions {
  readonly number: number;
  readonly token: string;
  readonly chunkSize: number;
  /** Times that its holder died before. */
  readonly crashes: number;
  /** It is worked through one id at a time. */
  readonly isSuspect: boolean;
  readonly tasks: readonly Task[];
  readonly startedAt: number;
  /** Until when no other worker can have it, by this worker's clock. */
  readonly validUntil: number;
}

/** A chunk that this worker has claimed, and how far it is with it. */
export class HeldChunk {
  readonly number: number;
  readonly token: string;
  readonly isSuspect: boolean;
  readonly tasks: readonly Task[];
  readonly startedAt: number;
  validUntil: number;
  readonly calls: Set<OpenCall> = new Set<OpenCall>();
  /** Whether a call for it has been made. */
  isStarted = false;
  readonly #crashes: number;
  readonly #chunkSize: number;
  /** What is not through, with the attempts of this pass counted. */
  readonly #open: Map<number, Task>;
  #letters: { readonly field: string; readonly letter: string }[] = [];
  #empties: number[] = [];
  #done = 0;
  #retried = 0;
  #pardoned = 0;
  #delayMs = 0;
  #isOver = false;
  #ended: (() => void) | undefined;

  constructor(options: HeldChunkOptions) {
    this.number = options.number;
    this.token = options.token;
    this.isSuspect = options.isSuspect;
    this.tasks = options.tasks;
    this.startedAt = options.startedAt;
    this.validUntil = options.validUntil;
    this.#crashes = options.crashes;
    this.#chunkSize = options.chunkSize;
    this.#open = new Map(options.tasks.map((task) => [task.index, task]));
  }

  /** Whether it is settled, handed back or lost to another worker: what is still under way for it does not count. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends it and every call that is made for it. */
  end(reason: Error): void {
    this.#isOver = true;
    for (const call of this.calls) call.end(reason);
    this.calls.clear();
    this.#ended?.();
  }

  /** Calls back when `end` is called; one at a time. */
  onEnd(ended: () => void): void {
    this.#ended = ended;
  }

  written(tasks: readonly Task[]): void {
    for (const { index } of tasks) this.#open.delete(index);
    this.#done += tasks.length;
  }

  /** There was nothing to write. */
  empty(task: Task): void {
    this.#open.delete(task.index);
    this.#empties.push(this.number * this.#chunkSize + task.index);
    this.#done += 1;
  }

  /** It failed, and gets another try after `delayMs`. */
  failed(task: Task, delayMs: number): void {
    const known = this.#open.get(task.index) ?? task;
    this.#open.set(task.index, { ...known, attempts: known.attempts + 1 });
    this.#retried += 1;
    this.#delayMs = Math.max(this.#delayMs, delayMs);
  }

  /** The other side was away: no attempt is burnt. It gets another try after `delayMs`. */
  pardoned(task: Task, delayMs: number): void {
    const known = this.#open.get(task.index) ?? task;
    this.#open.set(task.index, { ...known, pardons: known.pardons + 1 });
    this.#pardoned += 1;
    this.#delayMs = Math.max(this.#delayMs, delayMs);
  }

  dead(task: Task, reason: "attempts" | "permanent", error: unknown): void {
    this.#open.delete(task.index);
    const letter: StoredLetter = {
      item: itemOf(task),
      reason,
      attempts: task.attempts + 1,
      crashes: task.crashes,
      error: storableError(error),
    };
    this.#letters.push({ field: `${this.number}:${task.index}`, letter: JSON.stringify(letter) });
  }

  /** Ends it after every id has had its try. */
  settle(): Settlement {
    this.#isOver = true;
    const left = this.#open.size > 0;
    const outcome = left ? "retry" : "done";
    const counts = this.#counts();
    if (!left && this.#letters.length + this.#empties.length === 0) return { chunk: this, outcome, counts };
    const report = left ? { ...this.#later(), remainder: this.#remainder() } : this.#report("done");
    return { chunk: this, report, outcome, counts };
  }

  /** Gives it back so that another worker finds it, with what is through and what has failed so far. */
  handBack(reason: Error): Settlement {
    this.end(reason);
    if (this.#open.size === 0) return this.settle();
    const counts = this.#counts();
    const isUntouched = counts.done + counts.retried + counts.dead + this.#pardoned === 0;
    const report: SettlementReport = {
      ...this.#later(),
      ...(!isUntouched && { remainder: this.#remainder() }),
      isHandedBack: true,
    };
    return { chunk: this, report, outcome: "handed-back", counts };
  }

  /** Notes how far it is. Only `alone` is at work next: if the process dies then, that id is the cause. */
  keep(alone: Task, acknowledged: (isFenced: boolean) => void): Settlement {
    const counts = this.#counts();
    const report = { ...this.#report("keep"), remainder: this.#remainder(alone) };
    this.#letters = [];
    this.#empties = [];
    this.#done = 0;
    this.#retried = 0;
    this.#pardoned = 0;
    return { chunk: this, report, outcome: "kept", counts, acknowledged };
  }

  #report(outcome: SettlementReport["outcome"]): SettlementReport {
    return {
      chunk: this.number,
      token: this.token,
      outcome,
      ...(this.#retried > 0 && { retried: this.#retried }),
      ...(this.#letters.length > 0 && { letters: this.#letters }),
      ...(this.#empties.length > 0 && { empty: this.#empties }),
    };
  }

  #later(): SettlementReport {
    return { ...this.#report("later"), delayMs: Math.ceil(this.#delayMs), isSuspect: this.isSuspect };
  }

  #counts(): Settlement["counts"] {
    return { done: this.#done, retried: this.#retried, dead: this.#letters.length };
  }

  #remainder(alone?: Task): string {
    return JSON.stringify(remainderOf(this.#crashes, [...this.#open.values()], alone) satisfies Remainder);
  }
}

/** What is kept in Redis about an error. */
function storableError(error: unknown): NonNullable<StoredLetter["error"]> {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error).slice(0, 500) };
  const { code, name, message } = error as Readonly<Record<"code" | "name" | "message", unknown>>;
  return {
    name: String(name),
    message: String(message).slice(0, 500),
    ...(typeof code === "string" && { code }),
  };
}
