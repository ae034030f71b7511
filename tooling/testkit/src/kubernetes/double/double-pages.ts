import type { KubernetesObject } from "../object.ts";
import { status } from "../status.ts";
import type { Status } from "../status.ts";
import type { DoubleRequest } from "./double-request.ts";
import type { Selection } from "./double-selection.ts";
import { resourceKinds } from "./double-store.ts";
import type { DoubleStore } from "./double-store.ts";

interface Snapshot {
  readonly items: readonly KubernetesObject[];
  readonly revision: number;
}

/** The lists of a double, and where the next page of each begins. */
export class DoublePages {
  readonly #store: DoubleStore;
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(store: DoubleStore) {
    this.#store = store;
  }

  /** A list, a page of one, or why not. */
  answer({ query }: DoubleRequest, { resource, namespace, matches }: Selection): Status | object {
    const { revision } = this.#store;
    const version = query["resourceVersion"] ?? "";
    if (Number(version) > revision) {
      const message = `Too large resource version: ${version}, current: ${revision}`;
      const cause = { reason: "ResourceVersionTooLarge", message: "Too large resource version" };
      return status(504, message, undefined, { causes: [cause], retryAfterSeconds: 1 });
    }
    const [id = "", from = "0"] = (query["continue"] ?? "").split(":");
    const begun = this.#snapshots.get(id);
    if (id !== "" && begun === undefined) return status(410, "The provided continue parameter is too old");
    const all = begun ?? { items: this.#store.list(resource, namespace).filter(matches), revision };
    // Whatever the watch cache has (0) comes at once.
    const limit = version === "0" ? 0 : Number(query["limit"] ?? 0);
    const end = limit === 0 ? all.items.length : Number(from) + limit;
    const { apiVersion, kind } = resourceKinds[resource]!;
    return {
      kind: `${kind}List`,
      apiVersion,
      metadata: { resourceVersion: String(all.revision), ...this.#next(id, all, end) },
      // The items of a list carry neither their kind nor its version.
      items: all.items
        .slice(Number(from), end)
        .map((item) => ({ ...item, kind: undefined, apiVersion: undefined })),
    };
  }

  /** Forgets where pages begin. */
  clear(): void {
    this.#snapshots.clear();
  }

  #next(id: string, all: Snapshot, end: number): object {
    if (end >= all.items.length) {
      this.#snapshots.delete(id);
      return {};
    }
    const known = id === "" ? crypto.randomUUID() : id;
    this.#snapshots.set(known, all);
    return { continue: `${known}:${end}`, remainingItemCount: all.items.length - end };
  }
}
