import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { FetchEvent } from "@fleet/backfill";

const channel = "fleet:backfill:fetch";

/** Counts the answers of a hub that had nothing, until disposed: a path that is wrong shows in their number. */
export class Empties implements Disposable {
  #count = 0;
  readonly #listener = (message: unknown): void => {
    if ((message as FetchEvent).outcome === "empty") this.#count += 1;
  };

  constructor() {
    subscribe(channel, this.#listener);
  }

  get count(): number {
    return this.#count;
  }

  [Symbol.dispose](): void {
    unsubscribe(channel, this.#listener);
  }
}
