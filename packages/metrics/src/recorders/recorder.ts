import type { Messages } from "../roster/messages.ts";
import type { Roster } from "../roster/roster.ts";

/** Counts what is published on some channels. */
export interface Recorder {
  /** What to do with a message, by the name of its channel. */
  readonly channels: ReadonlyMap<string, (message: unknown) => void>;
  /** Drops the series of what is gone. */
  prune(roster: Roster): void;
}

/** One entry of `channels`. That the channel really carries this payload is its contract; the tests hold the leaves to it. */
export function on<C extends keyof Messages>(
  channel: C,
  record: (message: Messages[C]) => void,
): readonly [C, (message: unknown) => void] {
  return [channel, record as (message: unknown) => void];
}
