import type { Clock } from "@fleet/time";

import { extraMs } from "../../../fair-timer.ts";

/** How often is looked: a timeout is late by at most this, and no command needs a timer of its own. */
export const sweepMs = 20;

export interface SweepSettings {
  readonly clock: Clock;
  /** What there is at this time: nothing, something that may go on, or something whose time is up. */
  readonly look: (now: number) => "nothing" | "pending" | "overdue";
  /** Gives up what was overdue at that time, where it still is. */
  readonly giveUp: (now: number) => void;
}

/**
 * Looks every 20 ms, while there is something, for what has to be given up. As a `FairTimer`, it lets the event loop read before it
 * gives anything up, and when it comes late it waits once more for as long as it was late.
 */
export class Sweep {
  /** Looks again, without being begun anew. */
  isOn = false;
  readonly #settings: SweepSettings;
  #timer: unknown;
  #dueAt = 0;
  /** After a look that came late: until when nothing is given up. Else 0. */
  #sparesUntil = 0;
  #isStopped = false;

  constructor(settings: SweepSettings) {
    this.#settings = settings;
  }

  begin(): void {
    const { clock } = this.#settings;
    this.isOn = true;
    this.#dueAt = clock.now() + sweepMs;
    // The socket keeps no process alive, so that an idle lane does not; while a command is in flight this timer does.
    this.#timer = clock.setTimeout(() => this.#look(), sweepMs);
  }

  /** For good. */
  stop(): void {
    this.isOn = this.#isStopped = true;
    this.#settings.clock.clearTimeout(this.#timer);
  }

  #look(): void {
    const { clock, look, giveUp } = this.#settings;
    const now = clock.now();
    const extra = this.#sparesUntil === 0 ? extraMs(now - this.#dueAt) : 0;
    if (extra > 0) this.#sparesUntil = now + extra;
    const seen = look(now);
    if (seen === "nothing") {
      this.isOn = false;
      this.#sparesUntil = 0;
    } else if (now < this.#sparesUntil) {
      this.begin();
    } else if (seen === "pending") {
      this.#sparesUntil = 0;
      this.begin();
    } else {
      this.#sparesUntil = 0;
      // Timers run before sockets are read: the replies may be there.
      setImmediate(() => {
        if (this.#isStopped) return;
        giveUp(now);
        this.begin();
      });
    }
  }
}
