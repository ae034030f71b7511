import type { KubernetesObject } from "./kubernetes-object.ts";

/** A line of a watch. An ERROR is thrown as an ApiError, so it is none of them; there may be types that are not known yet. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | (string & {});
  /** Of a BOOKMARK only its resource version counts. */
  readonly object: KubernetesObject;
}
