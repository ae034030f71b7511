import type { ApiRequestName } from "./api-error.ts";

/** A kind of object, as it stands in the paths of the API. */
export interface ResourceName {
  /** Empty for the core. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

const pattern = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+))?\/([^/]+)(\/.+)?$/;

/** A path of the API as its RBAC names it. */
export function nameRequest(asked: "get" | "watch" | "create", path: string): ApiRequestName {
  const [, group = "", namespace, resource = path, name] = pattern.exec(path) ?? [];
  const verb = asked === "get" && name === undefined && resource !== path ? "list" : asked;
  return {
    verb,
    group,
    resource,
    ...(namespace !== undefined && { namespace: decodeURIComponent(namespace) }),
  };
}

/** Where the objects of a kind are: of one namespace, or all. */
export function resourcePath(
  { group, version, plural }: ResourceName,
  namespace: string | undefined,
): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}
