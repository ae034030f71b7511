import type { Http2ServerResponse } from "node:http2";

import { status } from "../status.ts";
import type { DoubleFault } from "./double-fault.ts";
import { refuse } from "./double-reply.ts";
import type { DoubleRequest } from "./double-request.ts";
import type { Selection } from "./double-selection.ts";
import { resourceKinds } from "./double-store.ts";
import type { DoubleStore, StoreEvent } from "./double-store.ts";
import { DoubleWatch } from "./double-watch.ts";

export interface DoubleWatchesOptions {
  /** How it takes `sendInitialEvents`: does it, refuses it (422, the feature's gate is off), or knows it not. @default "on" */
  readonly watchList?: "on" | "off" | "ignored";
  /** The longest life of a watch in milliseconds, whatever was asked for. @default as asked for */
  readonly maxWatchMs?: number;
}

const streamingRefused =
  'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';

/** The watches of a double, from the question to the end. */
export class DoubleWatches {
  readonly #store: DoubleStore;
  readonly #options: DoubleWatchesOptions;
  readonly #open = new Set<DoubleWatch>();

  constructor(store: DoubleStore, options: DoubleWatchesOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Opens a watch, or refuses it. */
  answer(
    { query }: DoubleRequest,
    response: Http2ServerResponse,
    selection: Selection,
    fault: DoubleFault | undefined,
  ): void {
    const { watchList = "on", maxWatchMs } = this.#options;
    const bookmarks = query["allowWatchBookmarks"] === "true";
    const streams = query["sendInitialEvents"] === "true" && watchList !== "ignored";
    const notOlder = query["resourceVersionMatch"] === "NotOlderThan";
    if (streams && (watchList === "off" || !notOlder)) return refuse(response, status(422, streamingRefused));
    const asked = query["timeoutSeconds"] === undefined ? undefined : Number(query["timeoutSeconds"]) * 1000;
    const timeoutMs = maxWatchMs === undefined ? asked : Math.min(asked ?? maxWatchMs, maxWatchMs);
    const version = query["resourceVersion"] ?? "";
    const first = streams || version === "" || version === "0";
    const after = first ? 0 : Number(version);
    response.writeHead(200, { "content-type": "application/json" });
    // The headers leave at once, as those of a watch do.
    (response as unknown as { flushHeaders?: () => void }).flushHeaders?.();
    const watch = new DoubleWatch(response, selection, { bookmarks, after, timeoutMs });
    if (fault?.kind === "silent") return;
    if (fault?.kind === "event") {
      watch.event("ERROR", status(fault.status, fault.message ?? "on purpose", fault.reason));
      if (fault.stays !== true) watch.end();
      return;
    }
    if (!first && after < this.#store.floor) {
      watch.event("ERROR", status(410, `too old resource version: ${after} (${this.#store.floor})`));
      return watch.end();
    }
    const { resource, namespace, matches } = selection;
    if (first) {
      for (const object of this.#store.list(resource, namespace))
        if (matches(object)) watch.event("ADDED", object);
      if (streams) watch.bookmark(resourceKinds[resource]!, this.#store.revision, true);
    } else for (const event of this.#store.since(resource, after)) watch.change(event);
    this.#open.add(watch);
    response.once("close", () => this.#open.delete(watch));
  }

  /** A change that each of them sees if it is one for it. */
  change(event: StoreEvent): void {
    for (const watch of this.#open) watch.change(event);
  }

  /** Where they stand, to those that asked for bookmarks. */
  bookmark(): void {
    for (const watch of this.#open) watch.bookmark(resourceKinds[watch.resource]!, this.#store.revision);
  }

  /** Writes into all of them, or those of one resource. */
  write(text: string, resource: string | undefined): void {
    for (const watch of this.#of(resource)) watch.write(text);
  }

  /** Ends all of them, or those of one resource, in good order. */
  end(resource: string | undefined): void {
    for (const watch of this.#of(resource)) watch.end();
  }

  #of(resource: string | undefined): readonly DoubleWatch[] {
    return [...this.#open].filter((watch) => (resource ?? watch.resource) === watch.resource);
  }
}
