import type { IncomingMessage, ServerResponse } from "node:http";

/** What a page may read beside the body. */
const exposed = "Retry-After, Upstash-Sync-Token";

/** How long a browser need not ask again, in seconds. */
const maxAge = "600";

/** The origins whose pages may use a token: each by name, or any. */
export interface Origins {
  has(origin: string): boolean;
}

/** @param list `"*"` alone stands for any. */
export function originsOf(list: readonly string[]): Origins {
  return list.includes("*") ? { has: () => true } : new Set(list);
}

/**
 * Answers a preflight, which carries no token: whether any token is for pages of that origin. What the token of the request itself is
 * for shows on its answer.
 *
 * @returns whether it was one that is allowed, and is answered.
 */
export function answerPreflight(
  request: IncomingMessage,
  response: ServerResponse,
  origins: Origins,
): boolean {
  const {
    origin,
    "access-control-request-method": method,
    "access-control-request-headers": asked,
  } = request.headers;
  if (request.method !== "OPTIONS" || origin === undefined || method === undefined || !origins.has(origin))
    return false;
  request.resume();
  const body = '{"result":"OK"}';
  const headers = [
    "content-type",
    "application/json",
    "content-length",
    String(body.length),
    "access-control-allow-origin",
    origin,
    "access-control-allow-methods",
    "GET, HEAD, POST, PUT",
    "access-control-max-age",
    maxAge,
    "vary",
    "Origin, Access-Control-Request-Headers",
  ];
  if (typeof asked === "string" && /^[\w!#$%&'*+.^`|~, -]{1,2048}$/.test(asked))
    headers.push("access-control-allow-headers", asked);
  response.writeHead(200, headers).end(body);
  return true;
}

/** Says on an answer that pages of the request's origin may read it, if the token is for them. Never with credentials: there are none. */
export function allowOrigin({ headers }: IncomingMessage, response: ServerResponse, origins: Origins): void {
  response.setHeader("vary", "Origin");
  const { origin } = headers;
  if (origin === undefined || !origins.has(origin)) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", exposed);
}
