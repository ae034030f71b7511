/** Of a message on `fleet:pool:connection`, what counts here. */
export interface ConnectionEvent {
  /** `<instance>/<host>:<port>` */
  readonly name: string;
  readonly lane: string;
  readonly event: "open" | "closed" | "failed";
  readonly code?: string;
  readonly reason?: string;
}

/** A reason that lasts is repeated after this, in milliseconds. */
const repeatMs = 60_000;
/** Reasons that take turns are each repeated after this at the earliest. */
const alternateMs = 10_000;

interface ConnectionLine {
  readonly level: "info" | "warn";
  readonly text: string;
  readonly facts: object;
}

interface Failing {
  reason: string | undefined;
  /** When each reason was logged last. */
  readonly loggedAt: Map<string | undefined, number>;
  /** Failures since the last line. */
  unlogged: number;
  failures: number;
}

/**
 * Lines about dials that fail: one when it begins, one for each change of the reason, else one a minute, and one when a connection
 * opens again. An endpoint is dialed about once a second while it is away.
 */
export class ConnectionLines {
  readonly #now: () => number;
  readonly #failing = new Map<string, Failing>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The line that this event is worth, if any. */
  lineOf({ name, lane, event, code, reason }: ConnectionEvent): ConnectionLine | undefined {
    const failing = this.#failing.get(name);
    if (event === "open") {
      this.#failing.delete(name);
      if (failing === undefined) return undefined;
      const { failures } = failing;
      return { level: "info", text: "connection is back", facts: { endpoint: name, lane, failures } };
    }
    if (event !== "failed") return undefined;
    const facts = { endpoint: name, lane, code, reason };
    const now = this.#now();
    if (failing === undefined) {
      const loggedAt = new Map([[reason, now]]);
      this.#failing.set(name, { reason, loggedAt, unlogged: 0, failures: 1 });
      return { level: "warn", text: "connection failed", facts };
    }
    failing.failures += 1;
    failing.unlogged += 1;
    const isNew = reason !== failing.reason;
    const since = now - (failing.loggedAt.get(reason) ?? Number.NEGATIVE_INFINITY);
    if (since < (isNew ? alternateMs : repeatMs)) return undefined;
    failing.reason = reason;
    failing.loggedAt.set(reason, now);
    const failures = failing.unlogged;
    failing.unlogged = 0;
    const text = isNew ? "connection failed" : "connection still fails";
    return { level: "warn", text, facts: { ...facts, failures } };
  }

  /** An instance is gone, and its endpoints with it. */
  forget(instance: string): void {
    for (const name of this.#failing.keys()) if (name.startsWith(`${instance}/`)) this.#failing.delete(name);
  }
}
