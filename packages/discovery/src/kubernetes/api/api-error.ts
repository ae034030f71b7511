/** What was asked of an API server, in the words of its RBAC: what a Role must allow. */
export interface ApiRequestName {
  readonly verb: "get" | "list" | "watch" | "create";
  /** The API group; empty for the core. */
  readonly group: string;
  /** As in `services`; the path where it is none of a resource. */
  readonly resource: string;
  /** None where it was asked of all namespaces. */
  readonly namespace?: string;
}

/**
 * @code FLEET_DISCOVERY_API_CLOSED An `ApiServer` was asked after its `close()`.
 * @retry no
 * @remedy Ask before `close()`.
 * @code FLEET_DISCOVERY_API_FORBIDDEN The API server answered 403.
 * @retry the source retries by itself
 * @remedy Give the service account a Role with the verb and the resource of `request`.
 * @code FLEET_DISCOVERY_API_GARBLED The answer is none of the Kubernetes API.
 * @retry the source retries by itself
 * @remedy Check what stands between the process and the API server.
 * @code FLEET_DISCOVERY_API_REFUSED The API server refused the request for another reason.
 * @retry the source retries by itself, after `retryAfterMs`
 * @remedy Look at `status` and `reason`, which are those of the server.
 * @code FLEET_DISCOVERY_API_TIMEOUT The API server did not answer in time.
 * @retry the source retries by itself
 * @remedy Look at the API server and the network.
 * @code FLEET_DISCOVERY_API_UNAUTHORIZED The API server answered 401.
 * @retry the source retries by itself
 * @remedy Renew the token or the client certificate; the token is read again before each report.
 * @code FLEET_DISCOVERY_API_UNREACHABLE No connection to the API server could be made, or the connection broke.
 * @retry the source retries by itself
 * @remedy Look at the API server and the network; `cause` says more.
 */
type ApiCode =
  | "FLEET_DISCOVERY_API_CLOSED"
  | "FLEET_DISCOVERY_API_FORBIDDEN"
  | "FLEET_DISCOVERY_API_GARBLED"
  | "FLEET_DISCOVERY_API_REFUSED"
  | "FLEET_DISCOVERY_API_TIMEOUT"
  | "FLEET_DISCOVERY_API_UNAUTHORIZED"
  | "FLEET_DISCOVERY_API_UNREACHABLE";

export interface ApiErrorFacts {
  readonly request: ApiRequestName;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** An API server refused, did not answer, or answered what is not understood. Never holds a token or an object. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiCode;
  readonly request: ApiRequestName;
  /** Of the answer, or of the ERROR in the stream of a watch; undefined when there was none. */
  readonly status: number | undefined;
  /** The server's own word for it: `Expired`, `Forbidden`; undefined where the answer was no `Status`. */
  readonly reason: string | undefined;
  /** How long the server asks to be left alone, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ApiCode, message: string, facts: ApiErrorFacts) {
    const { request, status, reason, retryAfterMs } = facts;
    super(`${nameOf(request)}: ${message}`, "cause" in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    this.request = request;
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** There is no kubeconfig, or none that leads to an API server. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
  /**
   * @retry the source retries by itself
   * @remedy Name another kubeconfig or context, or mount a service account.
   */
  readonly code = "FLEET_DISCOVERY_KUBECONFIG";
}

/** Whether there was no way to the server, or none back. */
export function isBroken(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.code === "FLEET_DISCOVERY_API_UNREACHABLE" || error.code === "FLEET_DISCOVERY_API_TIMEOUT";
}

/** Whether the API server said that there is no such object. A 404 of what stands in front of it says nothing about objects. */
export function isNotFound(error: unknown): boolean {
  if (!(error instanceof Error && "status" in error && "reason" in error)) return false;
  return error.status === 404 && error.reason === "NotFound";
}

function nameOf({ verb, group, resource, namespace }: ApiRequestName): string {
  const what = group === "" ? resource : `${resource}.${group}`;
  return namespace === undefined ? `${verb} ${what}` : `${verb} ${what} in ${namespace}`;
}
