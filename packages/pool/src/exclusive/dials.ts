import { backoff } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import { AuthenticationError, ConnectionError } from "../errors.ts";
import type { Factory } from "./exclusive-lane-options.ts";

export interface DialsSettings<T> {
  readonly name: string;
  readonly factory: Factory<T>;
  readonly dialTimeoutMs: number;
  readonly redialMinDelayMs: number;
  readonly redialMaxDelayMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly dialed: (connection: T) => void;
  readonly failed: (error: unknown) => void;
  /** The pause after a failure is over. */
  readonly rested: () => void;
}

/** After refused credentials: at most one dial per second, since only new credentials can help. */
const authenticationDelayMs = 1000;

/** The dials under way, each ended by its deadline; after a failed one all pause, longer with each failure. */
export class Dials<T> {
  started = 0;
  failed = 0;
  /** Why the last dial failed; nothing once one has succeeded. */
  lastError: unknown;
  readonly #settings: DialsSettings<T>;
  readonly #underWay = new Set<AbortController>();
  #failures = 0;
  #rest: unknown;
  #closed = false;

  constructor(settings: DialsSettings<T>) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#underWay.size;
  }

  get resting(): boolean {
    return this.#rest !== undefined;
  }

  start(): void {
    const { name, clock, dialTimeoutMs, factory } = this.#settings;
    const abort = new AbortController();
    this.#underWay.add(abort);
    this.started += 1;
    const timer = clock.setTimeout(() => {
      const detail = `no connection within ${dialTimeoutMs} ms`;
      fail(new ConnectionError(name, "connect", detail, "not-sent", undefined, "timeout"));
    }, dialTimeoutMs);
    /** Ends the dial once; false when that has happened before. */
    const end = (): boolean => {
      clock.clearTimeout(timer);
      return this.#underWay.delete(abort);
    };
    const fail = (error: unknown): void => {
      if (!end()) return;
      abort.abort(error);
      this.#fail(error);
    };
    // An async function: a factory that throws instead of rejecting is a failed dial too.
    const create = async (): Promise<T> => factory.create({ signal: abort.signal });
    create().then((connection) => {
      if (end()) this.#succeed(connection);
      else factory.destroy(connection);
    }, fail);
  }

  close(error: unknown): void {
    this.#closed = true;
    this.#settings.clock.clearTimeout(this.#rest);
    for (const dial of this.#underWay) dial.abort(error);
  }

  #succeed(connection: T): void {
    this.#failures = 0;
    this.lastError = undefined;
    if (this.#closed) this.#settings.factory.destroy(connection);
    else this.#settings.dialed(connection);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    const { clock, random, redialMinDelayMs, redialMaxDelayMs, rested, failed } = this.#settings;
    this.failed += 1;
    this.lastError = error;
    const delayMs = backoff(this.#failures, redialMinDelayMs, redialMaxDelayMs, random);
    this.#failures += 1;
    clock.clearTimeout(this.#rest);
    this.#rest = clock.setTimeout(
      () => {
        this.#rest = undefined;
        rested();
      },
      Math.max(delayMs, error instanceof AuthenticationError ? authenticationDelayMs : 0),
    );
    failed(error);
  }
}
