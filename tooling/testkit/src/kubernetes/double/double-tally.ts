import type { Http2ServerResponse } from "node:http2";

import type { Verb } from "./double-fault.ts";
import type { DoubleRequest } from "./double-request.ts";

/** So much is remembered of what was asked; it is counted for ever. */
const remembered = 1000;

/** What was asked of a double: remembered, and counted by verb and resource. */
export class DoubleTally {
  readonly #requests: DoubleRequest[] = [];
  readonly #counts = new Map<string, number>();
  readonly #open = new Map<string, number>();
  readonly #peak = new Map<string, number>();

  /** The last thousand, in order. */
  get requests(): readonly DoubleRequest[] {
    return this.#requests;
  }

  count(verb: Verb, resource: string): number {
    return this.#counts.get(`${verb} ${resource}`) ?? 0;
  }

  open(verb: Verb, resource: string): number {
    return this.#open.get(`${verb} ${resource}`) ?? 0;
  }

  peak(verb: Verb, resource: string): number {
    return this.#peak.get(`${verb} ${resource}`) ?? 0;
  }

  /** A request has come; it is open until its response is closed. */
  add(asked: DoubleRequest, response: Http2ServerResponse): void {
    if (this.#requests.push(asked) > remembered) this.#requests.shift();
    const key = `${asked.verb} ${asked.resource}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    const open = (this.#open.get(key) ?? 0) + 1;
    this.#open.set(key, open);
    this.#peak.set(key, Math.max(open, this.#peak.get(key) ?? 0));
    response.once("close", () => this.#open.set(key, this.#open.get(key)! - 1));
  }
}
