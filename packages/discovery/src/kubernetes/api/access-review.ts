import type { ApiRequestName } from "./api-error.ts";
import type { ApiServer } from "./api-server.ts";

/** All that a fleet does with an API server, and nothing else. */
const needed: readonly ApiRequestName[] = [
  { verb: "list", group: "", resource: "services" },
  { verb: "watch", group: "", resource: "services" },
  { verb: "list", group: "discovery.k8s.io", resource: "endpointslices" },
  { verb: "watch", group: "discovery.k8s.io", resource: "endpointslices" },
  { verb: "get", group: "", resource: "pods" },
  { verb: "get", group: "", resource: "secrets" },
];

interface Review {
  readonly status?: { readonly allowed?: boolean };
}

/**
 * Asks the API server which of the rights that `KubernetesSource` and `KubernetesSecrets` use it would refuse us. Every account
 * that it knows may ask that. A right on some objects by name is not a right on all, and counts as missing.
 *
 * @throws ApiError when the server cannot be asked, or does not know us.
 */
export async function missingRights(
  api: Pick<ApiServer, "post">,
  { namespaces, signal }: { readonly namespaces: readonly string[] | "*"; readonly signal?: AbortSignal },
): Promise<readonly ApiRequestName[]> {
  const rights =
    namespaces === "*"
      ? needed
      : namespaces.flatMap((namespace) => needed.map((right) => ({ ...right, namespace })));
  const allowed = await Promise.all(rights.map((right) => allows(api, right, signal)));
  return rights.filter((_right, index) => !allowed[index]);
}

async function allows(
  api: Pick<ApiServer, "post">,
  right: ApiRequestName,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: right },
  };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const { status } = await api.post<Review>(path, review, signal === undefined ? {} : { signal });
  return status?.allowed === true;
}
