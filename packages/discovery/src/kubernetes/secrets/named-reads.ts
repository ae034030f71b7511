import type { Clock } from "@fleet/time";

import { garbled } from "../api/api-answer.ts";
import { ApiError, isNotFound } from "../api/api-error.ts";
import { nameRequest } from "../api/api-path.ts";
import type { ApiServer } from "../api/api-server.ts";
import type { ReadPatience } from "../api/read-patience.ts";

export interface NamedReadsOptions<T> {
  readonly api: Pick<ApiServer, "get">;
  readonly clock: Clock;
  /** Whether an answer is an object of the kind; what stands in front of a server may answer anything. */
  readonly isOne: (answer: unknown) => boolean;
  /** What is kept of an object. */
  readonly project: (object: unknown) => T;
  /** Whether one that is gone is known to be missing; else its last value stands for it. */
  readonly forgetsGone: boolean;
  /** How long the server is waited for. */
  readonly patience: ReadPatience;
  /** What is known had to do. */
  readonly stale: (path: string, cause: unknown, known: "value" | "missing") => void;
}

/**
 * What the server last said of an object. A right that is not there is a decision, and as good an answer as the others once it lasts:
 * `refusedAt` is when the server first answered 403 and had answered otherwise before.
 */
type Known<T> =
  | { readonly is: "value"; readonly value: T; readonly refusedAt?: number }
  | { readonly is: "missing"; readonly refusedAt?: number }
  | { readonly is: "forbidden"; readonly error: unknown };

/**
 * How long a 403 may pass, in ms. An API server that restarts answers 403 until it has loaded its roles, as a rule for less than a
 * second and with several servers or a slow etcd for longer; a value that was thrown away then could not be read in an outage that follows.
 */
const passingMs = 60_000;
/** How many answers are remembered; the oldest reads go first. */
const memory = 30_000;
/** How many answers are waited for although their callers have left: fewer than an API server's connections for questions. */
const maxLate = 4;

/** Objects that are read by name when a dial needs them. Reads of one object at one time are one. */
export class NamedReads<T> {
  readonly #options: NamedReadsOptions<T>;
  readonly #underWay = new Map<string, Promise<T | undefined>>();
  readonly #known = new Map<string, Known<T>>();
  readonly #late = new Set<string>();

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
    // The read is shared: a caller that leaves does not end it for the others.
    return signal === undefined ? reading : abortable(reading, signal);
  }

  async #read(path: string): Promise<T | undefined> {
    const { isOne, project, forgetsGone, patience, stale } = this.#options;
    const known = this.#known.get(path);
    try {
      const answer = await this.#get(path, known !== undefined);
      patience.answered();
      if (!isOne(answer)) throw garbled(nameRequest("get", path), "the answer is another object");
      const value = project(answer);
      this.#remember(path, { is: "value", value });
      return value;
    } catch (error) {
      const status = statusOf(error);
      if (status !== undefined) patience.answered();
      if (isNotFound(error)) {
        const kept = !forgetsGone && known?.is === "value" ? known.value : undefined;
        this.#remember(path, kept === undefined ? { is: "missing" } : { is: "value", value: kept });
        return kept;
      }
      if (status === 403 && !this.#mayPass(path, known)) {
        this.#remember(path, { is: "forbidden", error });
        throw error;
      }
      if (known === undefined) throw error;
      if (known.is === "forbidden") throw known.error;
      stale(path, error, known.is);
      return known.is === "value" ? known.value : undefined;
    }
  }

  /** Whether a 403 is not yet believed: there was another answer before, and it is not refused for long. */
  #mayPass(path: string, known: Known<T> | undefined): boolean {
    if (known === undefined || known.is === "forbidden") return false;
    const now = this.#options.clock.now();
    const { refusedAt = now } = known;
    if (now - refusedAt >= passingMs) return false;
    this.#remember(path, { ...known, refusedAt });
    return true;
  }

  #remember(path: string, known: Known<T>): void {
    this.#known.delete(path);
    this.#known.set(path, known);
    if (this.#known.size > memory) this.#known.delete(this.#known.keys().next().value!);
  }

  /** @throws ApiError (FLEET_DISCOVERY_API_TIMEOUT) when patience is at its end. */
  async #get(path: string, isKnown: boolean): Promise<unknown> {
    const { api, clock, patience } = this.#options;
    const end = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    const ms = patience.msFor(isKnown ? "known" : "unknown");
    const answer = api.get(path, { signal: end.signal });
    const timer = clock.setTimeout(() => {
      patience.ranOut();
      const request = nameRequest("get", path);
      reject(new ApiError("FLEET_DISCOVERY_API_TIMEOUT", `no answer within ${ms} ms`, { request }));
      if (isKnown || !this.#awaitLate(path, answer)) end.abort();
    }, ms);
    try {
      return await Promise.race([answer, promise]);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /** A slow server's first answer about an object is for the next caller, unless that caller was answered sooner. */
  #awaitLate(path: string, answer: Promise<unknown>): boolean {
    if (this.#late.has(path) || this.#late.size >= maxLate) return false;
    this.#late.add(path);
    const { isOne, project } = this.#options;
    const use = (object: unknown): void => {
      this.#late.delete(path);
      if (isOne(object) && !this.#known.has(path))
        this.#remember(path, { is: "value", value: project(object) });
    };
    answer.then(use, () => this.#late.delete(path)).catch(() => undefined); // The next caller reads it again.
    return true;
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
