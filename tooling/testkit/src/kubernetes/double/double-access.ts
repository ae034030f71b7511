import { status } from "../status.ts";
import type { Status } from "../status.ts";
import type { DoubleRequest } from "./double-request.ts";

const user = "system:serviceaccount:default:double";

/** Why a user may not, in the words of RBAC; `forbidden` as in `list services`, or `list services in shop`. */
export function refusalOf(
  { verb, resource, namespace, name }: DoubleRequest,
  forbidden: ReadonlySet<string>,
): Status | undefined {
  const asked = `${verb} ${resource}`;
  if (!forbidden.has(asked) && !forbidden.has(`${asked} in ${namespace}`)) return undefined;
  const what = name === undefined ? resource : `${resource} "${name}"`;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const group = resource === "endpointslices" ? "discovery.k8s.io" : "";
  const message = `${what} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  return status(403, message);
}

/** The answer to a SelfSubjectAccessReview. */
export function accessReview(
  review: Readonly<Record<string, unknown>>,
  forbidden: ReadonlySet<string>,
): unknown {
  const { resourceAttributes: asked } = review["spec"] as {
    readonly resourceAttributes: { readonly verb: string; readonly resource: string };
  };
  return { ...review, status: { allowed: !forbidden.has(`${asked.verb} ${asked.resource}`) } };
}
