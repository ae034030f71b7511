import type { Clock } from "../clock.ts";
import type { ApiServer } from "./api-server.ts";

export interface NamedReadsOptions<T> {
  readonly api: Pick<ApiServer, "get">;
  readonly clock: Clock;
  /** What is kept of an object. */
  readonly project: (object: unknown) => T;
  /** Whether one that is gone is forgotten; else its last value stands for it. */
  readonly forgetsGone: boolean;
  /** How long the server is waited for where the last value could do, in ms. */
  readonly patienceMs: number;
  /** The last value had to do. */
  readonly stale: (path: string, cause: unknown) => void;
}

/** How many values are remembered; the oldest reads go first. */
const memory = 10_000;

/** Objects that are read by name when somebody needs them. Reads of one object at one time are one. */
export class NamedReads<T> {
  readonly #options: NamedReadsOptions<T>;
  readonly #underWay = new Map<string, Promise<T | undefined>>();
  readonly #last = new Map<string, T>();

  constructor(options: NamedReadsOptions<T>) {
    this.#options = options;
  }

  /**
   * @returns undefined when there is no such object.
   * @throws ApiError when the server says no, or says nothing and did not before.
   */
  async read(path: string, signal: AbortSignal | undefined): Promise<T | undefined> {
    signal?.throwIfAborted();
    let reading = this.#underWay.get(path);
    if (reading === undefined) {
      reading = this.#read(path).finally(() => this.#underWay.delete(path));
      this.#underWay.set(path, reading);
    }
    // The read is everybody's: who leaves does not end it for the others.
    return signal === undefined ? reading : abortable(reading, signal);
  }

  async #read(path: string): Promise<T | undefined> {
    const { project, forgetsGone, stale } = this.#options;
    const last = this.#last.get(path);
    try {
      const value = project(await this.#get(path, last !== undefined));
      this.#last.delete(path);
      this.#last.set(path, value);
      if (this.#last.size > memory) this.#last.delete(this.#last.keys().next().value!);
      return value;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) {
        if (!forgetsGone) return last;
        this.#last.delete(path);
        return undefined;
      }
      // A right that was taken away is a decision, not an outage.
      if (last === undefined || status === 403) throw error;
      stale(path, error);
      return last;
    }
  }

  async #get(path: string, canWait: boolean): Promise<unknown> {
    const { api, clock, patienceMs } = this.#options;
    if (!canWait) return api.get(path);
    const impatience = new AbortController();
    const timer = clock.setTimeout(() => impatience.abort(), patienceMs);
    try {
      return await api.get(path, { signal: impatience.signal });
    } finally {
      clock.clearTimeout(timer);
    }
  }
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && "status" in error ? error.status : undefined;
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
