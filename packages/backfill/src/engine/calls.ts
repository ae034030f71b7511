import type { Clock } from "@fleet/time";

import { CallTimeoutError } from "../errors.ts";

/** What calls are made for; they end together. */
export interface CallOwner {
  readonly calls: Set<OpenCall>;
}

/** A call under way that can be ended from outside. */
export class OpenCall {
  readonly due: number;
  readonly #reject: (reason: unknown) => void;
  #controller: AbortController | undefined;
  #reason: unknown;
  #isEnded = false;

  constructor(due: number, reject: (reason: unknown) => void) {
    this.due = due;
    this.#reject = reject;
  }

  /** Made when it is read: most calls are quick, and an AbortController costs more than they do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isEnded) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** The call's promise rejects with the reason at once, even if the callee ignores its signal. */
  end(reason: unknown): void {
    this.#isEnded = true;
    this.#reason = reason;
    this.#reject(reason);
    this.#controller?.abort(reason);
  }
}

/** Calls of one kind, each with the same time to end in: one timer for all of them. */
export class Calls {
  readonly #kind: "fetch" | "write";
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** In the order in which they are due. */
  readonly #open = new Set<OpenCall>();
  #timer: unknown;

  constructor(kind: "fetch" | "write", timeoutMs: number, clock: Clock) {
    this.#kind = kind;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  async run<T>(owner: CallOwner, work: (call: OpenCall) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const call = new OpenCall(this.#clock.now() + this.#timeoutMs, reject);
    this.#open.add(call);
    owner.calls.add(call);
    if (this.#timer === undefined) this.#arm();
    try {
      work(call).then(resolve, reject);
      return await promise;
    } finally {
      this.#open.delete(call);
      owner.calls.delete(call);
      if (this.#open.size === 0) this.#disarm();
    }
  }

  #arm(): void {
    const [first] = this.#open;
    if (first === undefined) return;
    this.#timer = this.#clock.setTimeout(() => this.#endLate(), Math.max(1, first.due - this.#clock.now()));
  }

  #disarm(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #endLate(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const call of this.#open) {
      if (call.due > now) break;
      this.#open.delete(call);
      call.end(new CallTimeoutError(this.#kind, this.#timeoutMs));
    }
    this.#arm();
  }
}
