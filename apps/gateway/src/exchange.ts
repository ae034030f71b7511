import type { IncomingMessage, ServerResponse } from "node:http";

import type { FastifyBaseLogger } from "fastify";

import { answerFor, errorBody } from "./answer.ts";
import { MalformedError } from "./errors.ts";
import type { Place } from "./parse-url.ts";
import type { Token } from "./tokens.ts";

/** One authenticated request on its way to its answer, which is written past the framework's reply: one text, one write. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly url: string;
  readonly place: Place;
  readonly token: Token;
  /** How the client wants strings. */
  readonly encoding: "text" | "base64";
  readonly #response: ServerResponse;
  readonly #log: FastifyBaseLogger;
  readonly #startedAt: number;

  /** @throws MalformedError when a header asks for a form of answer that there is not. */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    { url, place, token, log }: { url: string; place: Place; token: Token; log: FastifyBaseLogger },
  ) {
    this.request = request;
    this.url = url;
    this.place = place;
    this.token = token;
    this.encoding = encodingOf(request);
    this.#response = response;
    this.#log = log;
    this.#startedAt = startOf(log);
  }

  /** Does the work; what it throws becomes the answer. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** 200, with a body that is JSON already. */
  send(body: string): void {
    // The client may have left meanwhile. What he asked for was done, and nobody is there to hear of it.
    if (!this.#response.destroyed) this.#response.writeHead(200, headersFor(this.#response, body)).end(body);
    if (this.#startedAt !== 0) this.#log.debug({ ...this.#facts(), status: 200 }, "request");
  }

  /** The error's status and text. */
  readonly fail = (error: unknown): void => {
    const { status, code } = refuse(this.#response, error, this.#log);
    if (this.#startedAt !== 0) this.#log.debug({ ...this.#facts(), status, code }, "request");
  };

  /** What a log may know of a request: not the URL, which carries arguments and perhaps a token. */
  #facts(): object {
    const ms = Math.round((performance.now() - this.#startedAt) * 1000) / 1000;
    return { method: this.request.method, route: this.place.form, token: this.token.name, ms };
  }
}

/** Answers with an error, of any request. What nobody expected is logged, without its message: it may quote what it met. */
export function refuse(
  response: ServerResponse,
  error: unknown,
  log: FastifyBaseLogger,
): { status: number; code?: string } {
  const answer = answerFor(error);
  if (answer.code === "FLEET_GATEWAY_INTERNAL") log.error(described(error), "unexpected error");
  if (response.destroyed || response.headersSent) return answer;
  const body = errorBody(answer);
  const headers = headersFor(response, body);
  if (answer.retryAfterSeconds !== undefined) headers.push("retry-after", String(answer.retryAfterSeconds));
  const allowed = (error as { readonly allowed?: unknown } | undefined)?.allowed;
  if (typeof allowed === "string") headers.push("allow", allowed);
  response.writeHead(answer.status, headers).end(body);
  return answer;
}

function headersFor({ req }: ServerResponse, body: string): string[] {
  const headers = ["content-type", "application/json", "content-length", String(Buffer.byteLength(body))];
  // Without the header the token can only be in the URL, which caches keep and browsers pass on.
  if (req.headers.authorization === undefined)
    headers.push("cache-control", "no-store", "referrer-policy", "no-referrer");
  return headers;
}

/** 0 unless a line a request is wanted: nothing is measured for nobody. */
function startOf({ level }: FastifyBaseLogger): number {
  return level === "debug" || level === "trace" ? performance.now() : 0;
}

function encodingOf({ headers }: IncomingMessage): "text" | "base64" {
  const format = headers["upstash-response-format"];
  if (format !== undefined && format !== "json")
    throw new MalformedError("ERR the response format is not available here; expected json");
  const encoding = headers["upstash-encoding"];
  if (encoding === undefined) return "text";
  if (encoding === "base64") return "base64";
  throw new MalformedError("ERR the encoding is not available here; expected base64");
}

function described(error: unknown): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, code, stack = "" } = error as Error & { readonly code?: unknown };
  return { error: name, code, at: stack.split("\n").filter((line) => /^\s+at /.test(line)) };
}
