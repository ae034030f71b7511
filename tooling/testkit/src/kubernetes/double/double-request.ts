import type { Verb } from "./double-fault.ts";
import { resourceKinds } from "./double-store.ts";

/** What a client asked the double for. */
export interface DoubleRequest {
  readonly verb: Verb;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly token: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const reviews = "selfsubjectaccessreviews";

/** Reads a request; undefined when its path is none of the double's. */
export function doubleRequest(
  method: string,
  url: string,
  headers: DoubleRequest["headers"],
): DoubleRequest | undefined {
  const { pathname, searchParams } = new URL(url, "https://double");
  const found =
    /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?$/.exec(pathname);
  if (found === null) return undefined;
  const [, group = "", namespace, resource = "", name] = found;
  const isKnown =
    resource === reviews || resourceKinds[resource]?.apiVersion.startsWith(group || "v1") === true;
  if (!isKnown) return undefined;
  const query = Object.fromEntries(searchParams);
  const collection = query["watch"] === "true" || query["watch"] === "1" ? "watch" : "list";
  const authorization = String(headers["authorization"] ?? "");
  return {
    verb: method === "POST" ? "create" : name === undefined ? collection : "get",
    resource,
    namespace,
    name,
    query,
    token: /^Bearer (.+)$/.exec(authorization)?.[1],
    headers,
  };
}
