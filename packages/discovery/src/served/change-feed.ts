import type { InstanceChange } from "../instance/change.ts";

type Listener = (change: InstanceChange) => void;

interface Subscription {
  readonly listener: Listener;
  active: boolean;
}

/**
 * Hands changes to listeners, one after another and in order. What a listener causes is delivered after the change it is
 * being announced; what a listener throws reaches `onError` only.
 */
export class ChangeFeed {
  #listeners: readonly Subscription[] = [];
  readonly #onError: (error: unknown) => void;
  #queue: InstanceChange[] = [];
  #delivering = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  subscribe(listener: Listener): Disposable {
    const subscription = { listener, active: true };
    this.#listeners = [...this.#listeners, subscription];
    return {
      [Symbol.dispose]: () => {
        subscription.active = false;
        this.#listeners = this.#listeners.filter((other) => other !== subscription);
      },
    };
  }

  deliver(changes: readonly InstanceChange[]): void {
    this.#queue.push(...changes);
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      while (this.#queue.length > 0) {
        const turn = this.#queue;
        this.#queue = [];
        for (const change of turn) this.#tellAll(change);
      }
    } finally {
      this.#delivering = false;
    }
  }

  close(): void {
    for (const subscription of this.#listeners) subscription.active = false;
    this.#listeners = [];
    this.#queue = [];
  }

  #tellAll(change: InstanceChange): void {
    for (const subscription of this.#listeners)
      if (subscription.active) this.#tell(subscription.listener, change);
  }

  #tell(listener: Listener, change: InstanceChange): void {
    try {
      // An async function is a listener too, by its type; its rejection must not end the process.
      const result: unknown = listener(change);
      if (result instanceof Promise) result.catch((error: unknown) => this.#onError(error));
    } catch (error) {
      this.#onError(error);
    }
  }
}
