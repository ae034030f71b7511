import { labelSelector } from "../label-selector.ts";
import type { KubernetesObject } from "../object.ts";
import type { DoubleRequest } from "./double-request.ts";

/** Which objects a list or a watch is of. */
export interface Selection {
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly matches: (object: KubernetesObject) => boolean;
}

/** @throws RangeError for a selector that is none. */
export function parseSelection({ resource, namespace, query }: DoubleRequest): Selection {
  const labels = labelSelector(query["labelSelector"] ?? "");
  const fields = labelSelector(query["fieldSelector"] ?? "");
  return {
    resource,
    namespace,
    matches: ({ metadata }) =>
      labels(metadata.labels ?? {}) &&
      fields({ "metadata.name": metadata.name, "metadata.namespace": metadata.namespace ?? "" }),
  };
}
