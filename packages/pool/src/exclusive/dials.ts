import type { Clock } from "@fleet/time";

import { ConnectionError } from "../errors.ts";
import { FairTimer } from "../fair-timer.ts";
import { Redial } from "../redial.ts";
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

/** The dials under way, each ended by its deadline; after a failed one all pause, longer with each failure. */
export class Dials<T> {
  started = 0;
  failed = 0;
  /** The error of the last dial; undefined after a success. */
  lastError: unknown;
  readonly #settings: DialsSettings<T>;
  readonly #underWay = new Set<AbortController>();
  readonly #redial: Redial;
  #closed = false;

  constructor(settings: DialsSettings<T>) {
    this.#settings = settings;
    const { redialMinDelayMs: minDelayMs, redialMaxDelayMs: maxDelayMs, clock, random, rested } = settings;
    this.#redial = new Redial({ minDelayMs, maxDelayMs, clock, random, rested });
  }

  get size(): number {
    return this.#underWay.size;
  }

  get resting(): boolean {
    return this.#redial.resting;
  }

  start(): void {
    const { name, clock, dialTimeoutMs, factory } = this.#settings;
    const abort = new AbortController();
    this.#underWay.add(abort);
    this.started += 1;
    const timer = new FairTimer(clock, dialTimeoutMs, () => {
      const detail = `no connection within ${dialTimeoutMs} ms`;
      fail(new ConnectionError(name, "connect", detail, "not-sent", undefined, "timeout"));
    });
    /** Ends the dial; false where it has ended before. */
    const end = (): boolean => {
      timer.stop();
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
    this.#redial.stop();
    for (const dial of this.#underWay) dial.abort(error);
  }

  #succeed(connection: T): void {
    this.#redial.succeeded();
    this.lastError = undefined;
    if (this.#closed) this.#settings.factory.destroy(connection);
    else this.#settings.dialed(connection);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.failed += 1;
    this.lastError = error;
    this.#redial.failed(error);
    this.#settings.failed(error);
  }
}
