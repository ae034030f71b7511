import type { Http2ServerResponse } from "node:http2";

import type { Selection } from "./double-selection.ts";
import type { StoreEvent } from "./double-store.ts";

type WatchEventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

/** One open watch. */
export class DoubleWatch {
  readonly resource: string;
  readonly #selection: Selection;
  readonly #response: Http2ServerResponse;
  readonly #bookmarks: boolean;
  readonly #after: number;
  readonly #deadline: NodeJS.Timeout | undefined;

  constructor(
    response: Http2ServerResponse,
    selection: Selection,
    options: { readonly bookmarks: boolean; readonly after: number; readonly timeoutMs: number | undefined },
  ) {
    this.resource = selection.resource;
    this.#selection = selection;
    this.#response = response;
    this.#bookmarks = options.bookmarks;
    this.#after = options.after;
    if (options.timeoutMs !== undefined) this.#deadline = setTimeout(() => this.end(), options.timeoutMs);
    response.once("close", () => clearTimeout(this.#deadline));
  }

  /** Sends a change, if it is one for this watch: what stops to match is DELETED, what begins to is ADDED. */
  change({ resource, revision, object, previous, deleted }: StoreEvent): void {
    const { namespace, matches } = this.#selection;
    if (resource !== this.resource || revision <= this.#after) return;
    if (namespace !== undefined && object.metadata.namespace !== namespace) return;
    const before = previous !== undefined && matches(previous);
    const now = !deleted && matches(object);
    if (now) this.event(before ? "MODIFIED" : "ADDED", object);
    else if (before) {
      const { resourceVersion } = object.metadata;
      this.event("DELETED", {
        ...previous,
        metadata: { ...previous.metadata, resourceVersion: resourceVersion! },
      });
    }
  }

  event(type: WatchEventType, object: unknown): void {
    this.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** Where it stands, if it asked for bookmarks; `initialEnd` closes the first events of a streaming list. */
  bookmark(
    kind: { readonly apiVersion: string; readonly kind: string },
    revision: number,
    initialEnd = false,
  ): void {
    if (!this.#bookmarks) return;
    const annotations = initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
    const metadata = { resourceVersion: String(revision), creationTimestamp: null, ...annotations };
    this.event("BOOKMARK", { ...kind, metadata });
  }

  write(text: string): void {
    if (!this.#response.writableEnded) this.#response.write(text);
  }

  /** Ends it in good order. */
  end(): void {
    this.#response.end();
  }
}
