import type { TimeSlice } from "@fleet/time";

import { listPages } from "../api/list-pages.ts";
import { identify } from "./object-identity.ts";
import type { SetDraft } from "./reflected-set.ts";
import type { ReflectorOptions } from "./reflector-options.ts";

interface ListSetOptions<T> {
  readonly path: string;
  readonly draft: SetDraft<T>;
  readonly slice: TimeSlice;
  readonly signal: AbortSignal;
}

/**
 * Reads a whole set into a draft, page by page.
 *
 * @returns the version of the set.
 * @throws ApiError
 */
export async function listSet<T>(
  asks: Pick<ReflectorOptions<T>, "api" | "labelSelector" | "fieldSelector" | "pageSize">,
  { path, draft, slice, signal }: ListSetOptions<T>,
): Promise<string> {
  const { api, labelSelector, fieldSelector, pageSize = 500 } = asks;
  const query = { labelSelector, fieldSelector };
  let version = "";
  for await (const page of listPages(api, path, { query, pageSize, signal })) {
    version = page.version;
    for (const object of page.items) {
      draft.apply(object, identify(object, "get", path));
      if (slice.isOver) await slice.next();
    }
  }
  return version;
}
