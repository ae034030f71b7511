import type { Backfill, Status, Worker, WorkerStats } from "@fleet/backfill";

import type { BreakerNames, Breakers } from "../parts/breakers.ts";

/** A worker and its run at one point in time. */
export interface Snapshot {
  /** The run at the last look that Redis answered; undefined before. */
  readonly status: Status | undefined;
  /** Whether the last look was answered. */
  readonly isCurrent: boolean;
  readonly stats: WorkerStats;
  readonly breakers: BreakerNames;
}

/** Looks at the run again and again. */
export class Monitor implements Disposable {
  readonly #backfill: Backfill;
  readonly #worker: Worker;
  readonly #breakers: Breakers;
  readonly #timer: NodeJS.Timeout;
  #status: Status | undefined;
  #isCurrent = false;
  #looking: Promise<void> | undefined;

  /** @param looked called after each look. */
  constructor(
    backfill: Backfill,
    worker: Worker,
    breakers: Breakers,
    everyMs: number,
    looked: (snapshot: Snapshot) => void,
  ) {
    this.#backfill = backfill;
    this.#worker = worker;
    this.#breakers = breakers;
    this.#timer = setInterval(() => {
      // Redis may take longer than the time between two looks.
      if (this.#looking === undefined) void this.look().then(looked);
    }, everyMs);
  }

  get snapshot(): Snapshot {
    const { hub, database } = this.#breakers;
    return {
      status: this.#status,
      isCurrent: this.#isCurrent,
      stats: this.#worker.stats,
      breakers: { hub: hub.state.name, database: database.state.name },
    };
  }

  /** One look at a time. */
  async look(): Promise<Snapshot> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    await this.#looking;
    return this.snapshot;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      this.#status = await this.#backfill.status();
      this.#isCurrent = true;
    } catch {
      // The worker itself reports what is wrong with Redis.
      this.#isCurrent = false;
    }
  }
}
