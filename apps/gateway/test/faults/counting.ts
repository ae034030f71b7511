import { expect } from "vitest";

import type { Answered, OpenGateway } from "../open-gateway.ts";

/** How the calls of a campaign ended. */
export interface Ends {
  /** Answered by Redis. */
  readonly ok: number;
  /** Perhaps executed. */
  readonly unknown: number;
  /** Not executed, by status and code. */
  readonly refused: ReadonlyMap<string, number>;
  /** Refusals that do not say what a caller needs to know. */
  readonly unclear: readonly unknown[];
}

/** Callers that add one to a counter, one call after the other, and keep what they were answered. */
export class Counting {
  readonly #gateway: OpenGateway;
  readonly #over = new AbortController();
  readonly #refused = new Map<string, number>();
  readonly #unclear: unknown[] = [];
  readonly #callers: readonly Promise<void>[];
  ok = 0;
  unknown = 0;

  constructor(gateway: OpenGateway, { callers = 4, path = "/incr/n" } = {}) {
    this.#gateway = gateway;
    this.#callers = Array.from({ length: callers }, () => this.#call(path));
  }

  get refused(): number {
    return [...this.#refused.values()].reduce((sum, count) => sum + count, 0);
  }

  async end(): Promise<Ends> {
    this.#over.abort();
    await Promise.all(this.#callers);
    return { ok: this.ok, unknown: this.unknown, refused: this.#refused, unclear: this.#unclear };
  }

  async #call(path: string): Promise<void> {
    while (!this.#over.signal.aborted) {
      const answer = await this.#gateway.ask(path);
      const { code, outcome } = answer.json as { readonly code?: string; readonly outcome?: string };
      if (answer.status === 200) this.ok += 1;
      // A reply that is too large to be kept is of a command that was executed.
      else if (outcome === "unknown" || code === "FLEET_POOL_REPLY_TOO_LARGE") this.unknown += 1;
      else this.#count(`${answer.status} ${code ?? ""}`, answer);
    }
  }

  #count(key: string, { status, headers, json }: Answered): void {
    // A refusal can be acted on: it is JSON with words, and says when to come back where that helps.
    const { error } = json as { readonly error?: unknown };
    const isClear = typeof error === "string" && /^[A-Z]+ /.test(error);
    if (!isClear || (status === 503 && !(Number(headers.get("retry-after")) >= 1))) this.#unclear.push(json);
    this.#refused.set(key, (this.#refused.get(key) ?? 0) + 1);
  }
}

/** Nothing that was answered is lost, nothing was executed twice: each unknown end is one execution or none. */
export function expectExact({ ok, unknown, unclear }: Ends, counter: number): void {
  expect(unclear).toEqual([]);
  expect(counter).toBeGreaterThanOrEqual(ok);
  expect(counter).toBeLessThanOrEqual(ok + unknown);
}
