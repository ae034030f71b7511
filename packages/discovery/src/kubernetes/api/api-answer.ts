import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import type { Dispatcher } from "undici";

import { ApiError } from "./api-error.ts";
import type { ApiRequestName } from "./api-error.ts";

type Response = Dispatcher.ResponseData;

/** The Status that an API server answers with when it refuses. */
interface Status {
  readonly kind?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown } | null;
}

/** Far more than a page of lists ever has. */
const maxAnswerBytes = 256 * 1024 * 1024;
/** Some servers, or what stands in front of them, take seconds for milliseconds. */
const maxRetryAfterMs = 300_000;

const unpack = promisify(gunzip);

/** @throws ApiError unless it is a JSON object or list. */
export async function jsonAnswer<T>({ headers, body }: Response, request: ApiRequestName): Promise<T> {
  const bytes = await bytesOf(body, request);
  const isPacked = headers["content-encoding"] === "gzip";
  try {
    const text = isPacked ? await unpack(bytes, { maxOutputLength: maxAnswerBytes }) : bytes;
    const answer: unknown = JSON.parse(text.toString());
    if (typeof answer === "object" && answer !== null) return answer as T;
  } catch {
    // The parser's message would quote the answer.
  }
  throw garbled(request, "the answer is no JSON object");
}

/** What a server means that answered with such a status. */
export async function refusal(response: Response, request: ApiRequestName): Promise<ApiError> {
  const { statusCode, headers } = response;
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  const said = await jsonAnswer<Status>(response, request).catch((error: unknown) => {
    // A page of some proxy says nothing; a connection that breaks meanwhile is another matter.
    if (error instanceof ApiError) return {};
    throw error;
  });
  return statusError(said, request, { status: statusCode, seconds });
}

/** What a Status means, of an answer or in the stream of a watch. */
export function statusError(
  { kind, code, message, reason, details }: Status,
  request: ApiRequestName,
  answer: { readonly status?: number; readonly seconds?: number } = {},
): ApiError {
  const status = answer.status ?? (typeof code === "number" ? code : undefined);
  const seconds = Number.isFinite(answer.seconds) ? answer.seconds : details?.retryAfterSeconds;
  const said = kind === "Status" && typeof message === "string" ? `: ${message.slice(0, 500)}` : "";
  return new ApiError(codeOf(status), `${wordsOf(status)}${said}`, {
    request,
    status,
    reason: kind === "Status" && typeof reason === "string" ? reason : undefined,
    retryAfterMs:
      typeof seconds === "number" && seconds > 0 ? Math.min(seconds * 1000, maxRetryAfterMs) : undefined,
  });
}

export function garbled(request: ApiRequestName, what: string): ApiError {
  return new ApiError("FLEET_DISCOVERY_API_GARBLED", what, { request });
}

async function bytesOf(body: Response["body"], request: ApiRequestName): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxAnswerBytes) throw garbled(request, `the answer is longer than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function codeOf(status: number | undefined): ApiError["code"] {
  if (status === 401) return "FLEET_DISCOVERY_API_UNAUTHORIZED";
  return status === 403 ? "FLEET_DISCOVERY_API_FORBIDDEN" : "FLEET_DISCOVERY_API_REFUSED";
}

function wordsOf(status: number | undefined): string {
  if (status === 401) return "the server does not know us (401): the token is missing, wrong or expired";
  return status === 403 ? "this right is missing (403)" : `refused (${status ?? "no status"})`;
}
