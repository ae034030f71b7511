import { garbled } from "./api-answer.ts";
import { nameRequest } from "./api-path.ts";
import type { ApiServer } from "./api-server.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

interface ObjectList {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly Mutable<KubernetesObject>[] | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Page {
  /** The version of the whole list, the same on each of its pages. */
  readonly version: string;
  readonly items: readonly KubernetesObject[];
}

interface ListOptions {
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly pageSize: number;
  readonly signal: AbortSignal;
}

/**
 * A list as it is now, page by page: what a server has in its cache and would send in one piece (`resourceVersion=0`) may be old, and
 * so large that reading it blocks the process.
 *
 * @throws ApiError; with status 410 when the next page is too old to be had.
 */
export async function* listPages(
  api: Pick<ApiServer, "get">,
  path: string,
  { query, pageSize, signal }: ListOptions,
): AsyncGenerator<Page> {
  let next: string | undefined;
  do {
    const list = await api.get<ObjectList>(path, {
      query: { ...query, limit: String(pageSize), continue: next },
      signal,
    });
    const { apiVersion, kind, metadata, items } = list;
    const version = metadata?.resourceVersion;
    if (typeof version !== "string" || items === undefined || (items !== null && !Array.isArray(items)))
      throw garbled(nameRequest("get", path), "the answer is no list");
    // As in a watch, where every object says what it is.
    for (const item of items ?? []) {
      if (apiVersion !== undefined) item.apiVersion ??= apiVersion;
      if (kind !== undefined) item.kind ??= kind.replace(/List$/, "");
    }
    yield { version, items: items ?? [] };
    next = metadata?.continue || undefined;
  } while (next !== undefined);
}
