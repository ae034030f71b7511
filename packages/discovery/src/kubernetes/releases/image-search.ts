import { ApiError } from "../api/api-error.ts";
import { resourcePath } from "../api/api-path.ts";
import type { ApiServer } from "../api/api-server.ts";
import { listPages } from "../api/list-pages.ts";
import type { SliceRecord } from "../profiles/objects.ts";
import { mayBeRedisPort } from "./strangers.ts";

interface ImageSearchOptions {
  readonly api: Pick<ApiServer, "get">;
  /** Undefined is everywhere. */
  readonly namespaces: readonly (string | undefined)[];
  readonly labelSelector: string | undefined;
  /** What is read of a slice, if it is one of a Service that nothing is known of. */
  readonly strange: (slice: object) => SliceRecord | undefined;
  readonly signal: AbortSignal;
}

/** A Service whose Pods run an image of Redis, with one of its slices. */
export interface FoundImage {
  readonly slice: SliceRecord;
  readonly image: string;
}

interface PodLike {
  readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
}

/**
 * The last part of an image's name: `redis:8`, `bitnami/valkey-cluster`, `goharbor/redis-photon`, `rhel8/redis-6`,
 * `docker.dragonflydb.io/dragonflydb/dragonfly`; no exporter, Sentinel or user interface of one.
 */
const redisImage =
  /(?:^|\/)(?:percona-)?(?:redis|valkey|keydb|dragonfly|kvrocks|falkordb)(?:-(?:server|stack|cluster|photon|bundle|weekly|alpine|debian|\d+|c\d+s|(?:centos|rhel|el|ubi)-?\d+))*(?:[:@]|$)/i;

/** Whether the name of an image says that it runs Redis, or what speaks its protocol. */
export function isRedisImage(image: string): boolean {
  return redisImage.test(image);
}

/** How many Pods are read at a time. */
const readers = 16;

/**
 * Services whose Pods run an image of Redis: one Pod of each is read, by its name. What may not be read, or is gone by then, is passed
 * over.
 *
 * @throws ApiError where the server fails otherwise.
 */
export async function findByImage(options: ImageSearchOptions): Promise<readonly FoundImage[]> {
  const slices = await slicesOf(options);
  const found: FoundImage[] = [];
  const queue = slices.values();
  const read = async (): Promise<void> => {
    for (const slice of queue) {
      const image = await imageBehind(slice, options);
      if (image !== undefined) found.push({ slice, image });
    }
  };
  await Promise.all(Array.from({ length: readers }, read));
  return found;
}

/** One for each Service that has a port which may be one of Redis, and a Pod. */
async function slicesOf({
  api,
  namespaces,
  labelSelector,
  strange,
  signal,
}: ImageSearchOptions): Promise<ReadonlyMap<string, SliceRecord>> {
  const slices = new Map<string, SliceRecord>();
  for (const namespace of namespaces) {
    const path = resourcePath(
      { group: "discovery.k8s.io", version: "v1", plural: "endpointslices" },
      namespace,
    );
    for await (const { items } of listPages(api, path, { query: { labelSelector }, pageSize: 500, signal }))
      for (const item of items) {
        const slice = strange(item);
        if (slice?.endpoints.some(({ pod }) => pod !== undefined) && slice.ports.some(mayBeRedisPort))
          slices.set(`${slice.namespace}/${slice.service}`, slice);
      }
  }
  return slices;
}

async function imageBehind(
  { namespace, endpoints }: SliceRecord,
  { api, signal }: ImageSearchOptions,
): Promise<string | undefined> {
  const name = endpoints.find(({ pod }) => pod !== undefined)!.pod!.name;
  const path = `${resourcePath({ group: "", version: "v1", plural: "pods" }, namespace)}/${encodeURIComponent(name)}`;
  try {
    const { spec } = await api.get<PodLike>(path, { signal });
    return spec?.containers?.find(({ image = "" }) => isRedisImage(image))?.image;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}
