import type { ServerResponse } from "node:http";

import type { FastifyBaseLogger } from "fastify";

import { answerFor, errorBody } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { Tally } from "./tally.ts";

/** Writes the answers of a port, past the framework's reply: one text, one write. */
export class Responder {
  readonly log: FastifyBaseLogger;
  readonly tally: Tally = new Tally();

  constructor(log: FastifyBaseLogger) {
    this.log = log;
  }

  /** 200, with a body that is JSON already. */
  send(response: ServerResponse, body: string): void {
    // The client may have left meanwhile. Its request was carried out, and the answer is dropped.
    this.tally.ok += 1;
    if (!response.destroyed) response.writeHead(200, this.#headers(response, body)).end(body);
  }

  /** The error's status and text. An unexpected error is logged without its message, which may quote data. */
  refuse(response: ServerResponse, error: unknown): Answer {
    const answer = answerFor(error);
    if (answer.code === "FLEET_GATEWAY_INTERNAL") this.log.error(described(error), "unexpected error");
    this.tally.refused(answer);
    if (response.destroyed || response.headersSent) return answer;
    const body = errorBody(answer);
    const headers = this.#headers(response, body);
    if (answer.retryAfterSeconds !== undefined) headers.push("retry-after", String(answer.retryAfterSeconds));
    const allowed = (error as { readonly allowed?: unknown } | undefined)?.allowed;
    if (typeof allowed === "string") headers.push("allow", allowed);
    response.writeHead(answer.status, headers).end(body);
    return answer;
  }

  #headers(response: ServerResponse, body: string): string[] {
    const headers = ["content-type", "application/json", "content-length", String(Buffer.byteLength(body))];
    // Without the header the token can only be in the URL, which caches keep and browsers pass on.
    if (response.req.headers.authorization === undefined)
      headers.push("cache-control", "no-store", "referrer-policy", "no-referrer");
    return headers;
  }
}

function described(error: unknown): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const { name, code, stack = "" } = error as Error & { readonly code?: unknown };
  return { error: name, code, at: stack.split("\n").filter((line) => /^\s+at /.test(line)) };
}
