import { printed } from "@fleet/options";

import {
  AuthenticationError,
  InvalidOptionError,
  PoolClosedError,
  PoolExhaustedError,
  type ReplyError,
} from "../../../errors.ts";
import type { Lane } from "../../../lane.ts";
import { SubscriberSlowError } from "../../../subscriber-slow-error.ts";
import type { Reply } from "../../resp/reply.ts";
import { type ConnectionListener, SubscriberConnection } from "./subscriber-connection.ts";
import type {
  SubscribeOptions,
  SubscriberLaneSettings,
  SubscriberLaneStats,
  SubscriptionKind,
} from "./subscriber-options.ts";
import { Subscription } from "./subscription.ts";

/** What the server is asked for once, for all that subscribe to it. */
interface Entry {
  readonly kind: SubscriptionKind;
  readonly name: Buffer;
  readonly subscriptions: Set<Subscription>;
  /** The server has confirmed it on the connection that there is. */
  isConfirmed: boolean;
}

const verbs = {
  channel: ["SUBSCRIBE", "UNSUBSCRIBE"],
  pattern: ["PSUBSCRIBE", "PUNSUBSCRIBE"],
  shard: ["SSUBSCRIBE", "SUNSUBSCRIBE"],
} as const;

const kinds: Readonly<Record<string, SubscriptionKind>> = {
  message: "channel",
  pmessage: "pattern",
  smessage: "shard",
};

/**
 * One connection that subscribes for many: each channel, pattern and shard channel is asked for once, and left when its last subscriber
 * leaves. It is dialed for the first subscription. When it is lost it is dialed again and subscribes anew, and each subscriber gets a
 * `gap`.
 */
export class SubscriberLane implements Lane, ConnectionListener {
  readonly name: string;
  readonly #settings: SubscriberLaneSettings;
  readonly #connection: SubscriberConnection;
  readonly #subscriptions = new Set<Subscription>();
  /** Those for which nothing has been confirmed: the error of a dial ends them. */
  readonly #unbegun = new Set<Subscription>();
  /** By kind and bytes of the name. */
  readonly #entries = new Map<string, Entry>();
  readonly #count = { messages: 0, exhausted: 0, slow: 0 };
  #closed: Promise<void> | undefined;

  constructor(settings: SubscriberLaneSettings) {
    this.name = settings.lane;
    this.#settings = settings;
    this.#connection = new SubscriberConnection(settings, this);
  }

  get stats(): SubscriberLaneStats {
    const { dials, failedDials, losses, timeouts } = this.#connection;
    return {
      waiting: this.#unbegun.size,
      dials,
      failedDials,
      losses,
      timeouts,
      ...this.#count,
      subscriptions: this.#subscriptions.size,
      names: this.#entries.size,
    };
  }

  /**
   * Subscribes to names, which are bytes. The events come by iterating over it, from a bounded buffer; leaving the loop unsubscribes.
   * A subscription that has not begun ends with the error of a dial that fails; one that has begun gets a `gap` and lives on, unless the
   * server refuses the credentials or the name.
   *
   * @throws InvalidOptionError, PoolExhaustedError, PoolClosedError, or the signal's reason.
   */
  subscribe(names: readonly (string | Uint8Array)[], options: SubscribeOptions = {}): Subscription {
    const { kind = "channel", signal } = options;
    const { name: pool, maxSubscriptions, maxBufferedEvents, maxBufferedBytes } = this.#settings;
    if (!Object.hasOwn(verbs, kind))
      throw new InvalidOptionError("kind", '"channel", "pattern" or "shard"', printed(kind));
    const unique = new Map(namesOf(names).map((name) => [keyOf(kind, name), name]));
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw new PoolClosedError(pool);
    if (this.#subscriptions.size >= maxSubscriptions) {
      this.#count.exhausted += 1;
      throw new PoolExhaustedError(pool, "subscriber.maxSubscriptions", { maxSubscriptions });
    }
    const subscription = new Subscription({
      pool,
      kind,
      names: [...unique.values()],
      maxBufferedEvents,
      maxBufferedBytes,
      signal,
      ended: (ended, error) => this.#ended(ended, error),
    });
    this.#subscriptions.add(subscription);
    this.#unbegun.add(subscription);
    for (const [key, name] of unique) this.#join(key, name, subscription);
    this.#connection.want();
    return subscription;
  }

  /** Ends every subscription with PoolClosedError, at once: there is nothing to wait for. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Of the connection. */
  opened(): void {
    for (const entry of this.#entries.values()) this.#ask(entry);
  }

  /** Of the connection. */
  failed(error: unknown): void {
    const ending = error instanceof AuthenticationError ? this.#subscriptions : this.#unbegun;
    for (const subscription of ending) subscription.fail(error);
  }

  /** Of the connection. */
  lost(error: Error): void {
    for (const entry of this.#entries.values()) entry.isConfirmed = false;
    this.skipped(error);
  }

  /** Of the connection. */
  skipped(error: Error): void {
    for (const subscription of this.#subscriptions)
      if (!this.#unbegun.has(subscription)) subscription.push({ type: "gap", error });
  }

  /** Of the connection. */
  pushed(parts: readonly Reply[]): void {
    const kind = kinds[String(parts[0])]!;
    const [name, channel, message] = (
      kind === "pattern" ? parts.slice(1) : [parts[1], ...parts.slice(1)]
    ).map(
      // Copies: they would hold the whole chunk that they came in.
      (part) => Buffer.from(part as Buffer),
    ) as [Buffer, Buffer, Buffer];
    this.#count.messages += 1;
    const entry = this.#entries.get(keyOf(kind, name));
    if (entry === undefined || !entry.isConfirmed) return;
    const pattern = kind === "pattern" ? entry.name : undefined;
    const event = { type: "message", channel, pattern, message } as const;
    for (const subscription of entry.subscriptions) subscription.push(event);
  }

  #join(key: string, name: Buffer, subscription: Subscription): void {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.subscriptions.add(subscription);
      if (known.isConfirmed) this.#begin(subscription, name);
      return;
    }
    const { kind } = subscription;
    const entry: Entry = { kind, name, subscriptions: new Set([subscription]), isConfirmed: false };
    this.#entries.set(key, entry);
    if (this.#connection.isReady) this.#ask(entry);
  }

  #ask(entry: Entry): void {
    const { kind, name } = entry;
    this.#connection.ask(verbs[kind][0], name, (error) => this.#answered(entry, error));
  }

  #answered(entry: Entry, error: ReplyError | undefined): void {
    // It may have been left meanwhile, and have been asked for anew.
    if (this.#entries.get(keyOf(entry.kind, entry.name)) !== entry) return;
    entry.isConfirmed = error === undefined;
    for (const subscription of entry.subscriptions) {
      if (error === undefined) this.#begin(subscription, entry.name);
      else subscription.fail(error);
    }
  }

  #begin(subscription: Subscription, name: Buffer): void {
    this.#unbegun.delete(subscription);
    subscription.push({ type: "subscribed", name });
  }

  #ended(subscription: Subscription, error: unknown): void {
    if (error instanceof SubscriberSlowError) this.#count.slow += 1;
    this.#subscriptions.delete(subscription);
    this.#unbegun.delete(subscription);
    for (const name of subscription.names) {
      const key = keyOf(subscription.kind, name);
      const entry = this.#entries.get(key);
      if (entry === undefined || !entry.subscriptions.delete(subscription)) continue;
      if (entry.subscriptions.size > 0) continue;
      this.#entries.delete(key);
      if (this.#connection.isReady) this.#connection.ask(verbs[entry.kind][1], name, () => undefined);
    }
    if (this.#subscriptions.size === 0 && this.#closed === undefined) this.#connection.unwant();
  }

  async #close(): Promise<void> {
    const closed = this.#connection.close();
    for (const subscription of this.#subscriptions)
      subscription.fail(new PoolClosedError(this.#settings.name));
    await closed;
  }
}

function keyOf(kind: SubscriptionKind, name: Buffer): string {
  return `${kind}:${name.toString("latin1")}`;
}

/** @throws InvalidOptionError */
function namesOf(names: readonly (string | Uint8Array)[]): Buffer[] {
  const isName = (name: unknown): boolean => typeof name === "string" || name instanceof Uint8Array;
  if (!Array.isArray(names) || names.length === 0 || !names.every(isName))
    throw new InvalidOptionError("names", "a non-empty array of strings and Buffers", printed(names));
  return names.map((name: string | Uint8Array) => Buffer.from(name as string));
}
