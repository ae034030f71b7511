import { asError } from "../api/as-error.ts";
import type { SetChange } from "./reflected-set.ts";
import type { ReflectorHandler } from "./reflector-options.ts";
import type { ReflectorTally } from "./reflector-tally.ts";

/** The calls of a handler, until they are closed. What one throws, or rejects with, is published and disturbs nothing else. */
export class HandlerCalls<T> {
  readonly #handler: ReflectorHandler<T>;
  readonly #tally: ReflectorTally;
  #isClosed = false;

  constructor(handler: ReflectorHandler<T>, tally: ReflectorTally) {
    this.#handler = handler;
    this.#tally = tally;
  }

  changed(change: SetChange<T>): void {
    const { item } = change;
    if (change.type === "deleted") this.#call(() => this.#handler.deleted?.(item));
    else this.#call(() => this.#handler.applied?.(item, change.previous));
  }

  watching(): void {
    this.#call(() => this.#handler.watching?.());
  }

  answered(): void {
    this.#call(() => this.#handler.answered?.());
  }

  synced(): void {
    this.#call(() => this.#handler.synced?.());
  }

  failed(error: unknown): void {
    this.#call(() => this.#handler.failed?.(asError(error)));
  }

  /** No call is made afterwards. */
  close(): void {
    this.#isClosed = true;
  }

  #call(call: () => unknown): void {
    const report = (error: unknown): void => this.#tally.tell("handler", { error: asError(error) });
    if (this.#isClosed) return;
    try {
      const answer = call();
      if (answer instanceof Promise) answer.catch(report);
    } catch (error) {
      report(error);
    }
  }
}
