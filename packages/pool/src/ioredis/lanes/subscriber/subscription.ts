import { keepAlive } from "@fleet/time";

import { SubscriberSlowError } from "../../../subscriber-slow-error.ts";
import type { SubscriptionKind } from "./subscriber-options.ts";

/** What a subscriber gets. */
export type SubscriptionEvent =
  /** The server has confirmed it: what is published from now on arrives. Comes for each name, and again after a gap. */
  | { readonly type: "subscribed"; readonly name: Buffer }
  | {
      readonly type: "message";
      readonly channel: Buffer;
      /** The pattern that it matched, of a subscription to patterns. */
      readonly pattern: Buffer | undefined;
      readonly message: Buffer;
    }
  /** Messages may have been lost, from here to the next `subscribed`. */
  | { readonly type: "gap"; readonly error: Error };

export interface SubscriptionParts {
  readonly pool: string;
  readonly kind: SubscriptionKind;
  readonly names: readonly Buffer[];
  readonly maxBufferedEvents: number;
  readonly maxBufferedBytes: number;
  readonly signal: AbortSignal | undefined;
  /** It is over, for whatever reason. */
  readonly ended: (subscription: Subscription, error: unknown) => void;
}

/**
 * One subscriber's events, in order, in a bounded buffer. A subscriber that does not keep up is cut off with `SubscriberSlowError`:
 * the connection waits for no subscriber, and the others miss nothing.
 */
export class Subscription implements AsyncIterableIterator<SubscriptionEvent, undefined>, AsyncDisposable {
  readonly kind: SubscriptionKind;
  readonly names: readonly Buffer[];
  readonly #parts: SubscriptionParts;
  #events: SubscriptionEvent[] = [];
  #bytes = 0;
  #isOver = false;
  #error: { readonly reason: unknown } | undefined;
  #waiting: PromiseWithResolvers<IteratorResult<SubscriptionEvent, undefined>> | undefined;

  constructor(parts: SubscriptionParts) {
    this.kind = parts.kind;
    this.names = parts.names;
    this.#parts = parts;
    parts.signal?.addEventListener("abort", this, { once: true });
  }

  /** The signal's event. */
  handleEvent(): void {
    this.fail(this.#parts.signal?.reason);
  }

  /** Takes an event; a subscriber whose buffer is full is cut off. */
  push(event: SubscriptionEvent): void {
    if (this.#isOver) return;
    if (this.#waiting !== undefined) {
      this.#waiting.resolve({ done: false, value: event });
      this.#waiting = undefined;
      return;
    }
    const { pool, maxBufferedEvents, maxBufferedBytes } = this.#parts;
    this.#bytes += sizeOf(event);
    this.#events.push(event);
    if (this.#events.length > maxBufferedEvents)
      this.fail(new SubscriberSlowError(pool, `maxBufferedEvents ${maxBufferedEvents}`));
    else if (this.#bytes > maxBufferedBytes)
      this.fail(new SubscriberSlowError(pool, `maxBufferedBytes ${maxBufferedBytes}`));
  }

  /** Ends it with an error, which comes next: what is buffered is dropped. */
  fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#error = { reason };
    this.#end(reason);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    this.#error = undefined;
    waiting.reject(reason);
  }

  /** @throws SubscriberSlowError, AuthenticationError, ConnectionError, ReplyError, PoolClosedError, or the signal's reason; once. */
  next(): Promise<IteratorResult<SubscriptionEvent, undefined>> {
    if (this.#error !== undefined) {
      const { reason } = this.#error;
      this.#error = undefined;
      return Promise.reject(reason);
    }
    const event = this.#events.shift();
    if (event !== undefined) {
      this.#bytes -= sizeOf(event);
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    if (this.#waiting !== undefined)
      return Promise.reject(
        new TypeError("the event before is still awaited: a subscription has one reader"),
      );
    this.#waiting = Promise.withResolvers();
    return keepAlive(this.#waiting.promise);
  }

  /** Unsubscribes. */
  return(): Promise<IteratorResult<SubscriptionEvent, undefined>> {
    if (!this.#isOver) this.#end(undefined);
    this.#error = undefined;
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(reason: unknown): void {
    this.#isOver = true;
    this.#events = [];
    this.#bytes = 0;
    this.#parts.signal?.removeEventListener("abort", this);
    this.#parts.ended(this, reason);
  }
}

function sizeOf(event: SubscriptionEvent): number {
  if (event.type === "gap") return 0;
  return event.type === "message" ? event.channel.length + event.message.length : event.name.length;
}
