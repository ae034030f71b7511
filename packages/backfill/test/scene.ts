import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { seededRandom } from "@fleet/testkit";
import { Redis } from "ioredis";

import type { Messages } from "../src/channels.ts";
import {
  Backfill,
  type BackfillOptions,
  type CallOptions,
  type Fetched,
  type Sink,
  type Worker,
  type WorkerOptions,
} from "../src/index.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Connections as a user would make them; ioredis' defaults, so its own reconnecting and resending are on. */
export function connectTo({ host, port }: Address): () => Redis {
  return () => new Redis({ host, port });
}

export function openOn(server: Address, options: Partial<BackfillOptions> = {}): Promise<Backfill> {
  return Backfill.open({
    connect: connectTo(server),
    name: "casts",
    source: { kind: "range", from: 1, to: 100 },
    chunkSize: 10,
    random: seededRandom(1),
    ...options,
  });
}

/** A sink in memory that does what a sink should: a record does not replace one that came with a higher token. */
export class MemorySink implements Sink<unknown> {
  readonly records = new Map<string, { readonly value: unknown; readonly token: number }>();
  /** Every write, in order. */
  readonly writes: { readonly ids: readonly string[]; readonly token: number; readonly attempt: number }[] =
    [];
  refused = 0;

  async write(records: readonly Fetched<unknown>[], { token, attempt }: CallOptions): Promise<void> {
    this.writes.push({ ids: records.map(({ id }) => id), token, attempt });
    for (const { id, value } of records) {
      if ((this.records.get(id)?.token ?? 0) > token) this.refused += 1;
      else this.records.set(id, { value, token });
    }
  }

  get ids(): readonly string[] {
    return [...this.records.keys()].toSorted((a, b) => Number(a) - Number(b));
  }
}

/** Impatient enough for a test: everything is there at once, failures come back soon. */
export function workerOn(backfill: Backfill, options: Partial<WorkerOptions<unknown>> = {}): Worker {
  return backfill.worker({
    fetch: async (id) => `value of ${id}`,
    sink: new MemorySink(),
    retryMinDelayMs: 1,
    retryMaxDelayMs: 20,
    ...options,
    limits: { requestsPerSecond: Infinity, ...options.limits },
  });
}

/** What a range of ids reads as. */
export function idsFrom(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

/** What a channel says while this is in scope. */
export function hear<K extends keyof Messages>(name: K): Disposable & { readonly messages: Messages[K][] } {
  const messages: Messages[K][] = [];
  const listener = (message: unknown): void => void messages.push(message as Messages[K]);
  subscribe(`fleet:backfill:${name}`, listener);
  return { messages, [Symbol.dispose]: () => unsubscribe(`fleet:backfill:${name}`, listener) };
}

/** All that an async iterable yields. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** How a call ended: what it threw. */
export function thrown(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => {
      throw new Error(`it should have failed, but answered ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
