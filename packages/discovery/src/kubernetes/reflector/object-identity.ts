import { garbled } from "../api/api-answer.ts";
import { nameRequest } from "../api/api-path.ts";
import type { KubernetesObject } from "../api/kubernetes-object.ts";

export interface ObjectIdentity {
  readonly uid: string;
  readonly version: string;
  readonly name: string;
  /** Empty for what is in none. */
  readonly namespace: string;
}

/**
 * @param verb by which the server was asked for it at `path`.
 * @throws ApiError (FLEET_DISCOVERY_API_GARBLED) for what is no object of an API server.
 */
export function identify(
  { metadata }: Partial<KubernetesObject>,
  verb: "get" | "watch",
  path: string,
): ObjectIdentity {
  const { uid, resourceVersion: version, name, namespace = "" } = metadata ?? {};
  if (typeof uid !== "string" || typeof version !== "string" || typeof name !== "string")
    throw garbled(nameRequest(verb, path), "an object without a uid, a version or a name");
  return { uid, version, name, namespace };
}
