import { channel, type Channel } from "node:diagnostics_channel";

export interface Of {
  readonly run: string;
  /** Absent where no worker is involved. */
  readonly worker?: string;
}

/**
 * `fleet:backfill:turn`: a worker is about to report to Redis what it has finished and to ask for more (`sent`), or has got the
 * answer (`answered`).
 */
export interface TurnEvent extends Of {
  readonly phase: "sent" | "answered";
  /** Chunks reported as finished, retried or handed back, and chunks claimed. */
  readonly settled: number;
  readonly claimed: number;
  /** Of this claim; 0 when nothing was claimed. */
  readonly token: number;
}

/** `fleet:backfill:fetch`: one id is about to be fetched, or was. */
export interface FetchEvent extends Of {
  readonly phase: "started" | "ended";
  readonly id: string;
  readonly attempt: number;
  readonly token: number;
  readonly outcome?: "fetched" | "empty" | "failed" | "limited" | "aborted";
  readonly durationMs?: number;
  readonly code?: string;
  /** What was thrown. Its text is the callee's, and may quote what no other reader should see. */
  readonly error?: unknown;
}

/** `fleet:backfill:write`: records are about to be written, or were. */
export interface WriteEvent extends Of {
  readonly phase: "started" | "ended";
  readonly ids: number;
  readonly attempt: number;
  readonly token: number;
  readonly outcome?: "written" | "failed" | "aborted";
  readonly durationMs?: number;
  readonly code?: string;
  readonly error?: unknown;
}

/** `fleet:backfill:chunk`: a worker is through with a chunk. */
export interface ChunkEvent extends Of {
  readonly chunk: number;
  readonly outcome: "done" | "retry" | "fenced" | "handed-back";
  /** Ids of it that are done now, to be tried again, and given up. */
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
  readonly durationMs: number;
}

/** `fleet:backfill:limit`: a fetch has waited for the shared rate, or the hub asked for a pause of all workers. */
export interface LimitEvent extends Of {
  readonly event: "waited" | "paused";
  readonly ms: number;
}

/** `fleet:backfill:redis`: a command did not end well and is sent again; `timeout` also destroyed its connection. */
export interface RedisEvent extends Of {
  readonly event: "timeout" | "lost" | "refused" | "recovered";
  readonly link: "commands" | "waits" | "admin";
  readonly code?: string;
}

/** `fleet:backfill:warning`: something that an operator should know, once. */
export interface WarningEvent extends Of {
  readonly warning: "no-persistence" | "eviction" | "settings-hidden";
  readonly message: string;
}

/** What is published, by the last part of the channel's name. */
export interface Messages {
  readonly turn: TurnEvent;
  readonly fetch: FetchEvent;
  readonly write: WriteEvent;
  readonly chunk: ChunkEvent;
  readonly limit: LimitEvent;
  readonly redis: RedisEvent;
  readonly warning: WarningEvent;
}

const channels: { readonly [K in keyof Messages]: Channel } = {
  turn: channel("fleet:backfill:turn"),
  fetch: channel("fleet:backfill:fetch"),
  write: channel("fleet:backfill:write"),
  chunk: channel("fleet:backfill:chunk"),
  limit: channel("fleet:backfill:limit"),
  redis: channel("fleet:backfill:redis"),
  warning: channel("fleet:backfill:warning"),
};

/** @param message called only when there is a subscriber. */
export function publish<K extends keyof Messages>(name: K, message: () => Messages[K]): void {
  const target = channels[name];
  if (target.hasSubscribers) target.publish(message());
}
