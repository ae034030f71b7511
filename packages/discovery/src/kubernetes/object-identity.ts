import type { KubernetesObject } from "./kubernetes-object.ts";

export interface ObjectIdentity {
  readonly uid: string;
  readonly version: string;
}

/** Undefined for what is no object of an API server. */
export function identityOf({ metadata }: Partial<KubernetesObject>): ObjectIdentity | undefined {
  const { uid, resourceVersion: version } = metadata ?? {};
  if (typeof uid !== "string" || typeof version !== "string") return undefined;
  return { uid, version };
}
