import type { ApiRequestName } from "./api-error.ts";

const resourcePath = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+))?\/([^/]+)(\/.+)?$/;

/** A path of the API as its RBAC names it. */
export function nameRequest(asked: "get" | "watch" | "create", path: string): ApiRequestName {
  const [, group = "", namespace, resource = path, name] = resourcePath.exec(path) ?? [];
  const verb = asked === "get" && name === undefined && resource !== path ? "list" : asked;
  return {
    verb,
    group,
    resource,
    ...(namespace !== undefined && { namespace: decodeURIComponent(namespace) }),
  };
}
