import type { Backfill, Status, Worker, WorkerStats } from "@fleet/backfill";

import type { BreakerNames, Breakers } from "../parts/breakers.ts";

/** A worker and its run at one point in time. */
export interface Snapshot {
  /** The run as Redis told last; undefined until it has. */
  readonly status: Status | undefined;
  /** Whether that is what Redis says now. */
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

  /** @param told called after each look. */
  constructor(
    backfill: Backfill,
    worker: Worker,
    breakers: Breakers,
    everyMs: number,
    told: (snapshot: Snapshot) => void,
  ) {
    this.#backfill = backfill;
    this.#worker = worker;
    this.#breakers = breakers;
    this.#timer = setInterval(() => {
      // Redis may take longer than the next look is away.
      if (this.#looking === undefined) void this.look().then(told);
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
      // The worker itself tells what is wrong with Redis.
      this.#isCurrent = false;
    }
  }
}
