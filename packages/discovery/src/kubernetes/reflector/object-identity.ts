import type { KubernetesObject } from "../api/kubernetes-object.ts";

export interface ObjectIdentity {
  readonly uid: string;
  readonly version: string;
  readonly name: string;
  /** Empty for what is in none. */
  readonly namespace: string;
}

/** Undefined for what is no object of an API server. */
export function identityOf({ metadata }: Partial<KubernetesObject>): ObjectIdentity | undefined {
  const { uid, resourceVersion: version, name, namespace = "" } = metadata ?? {};
  if (typeof uid !== "string" || typeof version !== "string" || typeof name !== "string") return undefined;
  return { uid, version, name, namespace };
}
