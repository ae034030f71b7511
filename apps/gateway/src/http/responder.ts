import type { ServerResponse } from "node:http";

import { systemClock, TimeSlice } from "@fleet/time";
import type { FastifyBaseLogger } from "fastify";

import { answerFor, errorBody } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { errorLine } from "./resp2.ts";
import { Tally } from "./tally.ts";

const sliceMs = 2;
const json = "application/json";

/** JSON, or replies as the bytes of Redis. */
export type ContentType = typeof json | "application/octet-stream";

/** Writes the answers of a port, past the framework's reply: one text, one write. */
export class Responder {
  readonly log: FastifyBaseLogger;
  readonly tally: Tally = new Tally();

  readonly #slowReaderTimeoutMs: number;

  constructor(log: FastifyBaseLogger, slowReaderTimeoutMs: number) {
    this.log = log;
    this.#slowReaderTimeoutMs = slowReaderTimeoutMs;
  }

  /** 200, with a body that is JSON already, or RESP. */
  send(response: ServerResponse, body: string | Buffer, type: ContentType = json): void {
    // The client may have left meanwhile. Its request was carried out, and the answer is dropped.
    this.tally.ok += 1;
    if (!response.destroyed) response.writeHead(200, this.#headers(response, type, body)).end(body);
  }

  /**
   * 200, with a body in pieces: as fast as the client reads, and never for long in one turn of the event loop. A client that reads
   * nothing for `slowReaderTimeoutMs` is cut, and so is one whose answer fails on its way: what it has must not look whole.
   */
  async stream(
    response: ServerResponse,
    pieces: AsyncIterable<string | Buffer> | Iterable<string | Buffer>,
    type: ContentType = json,
  ): Promise<void> {
    this.tally.ok += 1;
    const slice = new TimeSlice(systemClock, sliceMs);
    try {
      for await (const piece of pieces) {
        if (response.destroyed) return;
        if (!response.headersSent) response.writeHead(200, this.#headers(response, type));
        if (!response.write(piece) && !(await this.#drained(response))) return;
        if (slice.isOver) await slice.next();
      }
      response.end();
    } catch (error) {
      if (!response.headersSent) throw error;
      this.log.error(described(error), "an answer under way failed");
      response.destroy();
    }
  }

  /** Whether the client has read on, and is still there. */
  async #drained(response: ServerResponse): Promise<boolean> {
    if (response.destroyed) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => {
      this.tally.cut += 1;
      response.destroy();
    }, this.#slowReaderTimeoutMs);
    const drained = (): void => resolve(true);
    const closed = (): void => resolve(false);
    response.once("drain", drained).once("close", closed);
    const hasDrained = await promise;
    clearTimeout(timer);
    response.off("drain", drained).off("close", closed);
    return hasDrained;
  }

  /** The error's status and text. An unexpected error is logged without its message, which may quote data. */
  refuse(response: ServerResponse, error: unknown, type: ContentType = json): Answer {
    const answer = answerFor(error);
    if (answer.code === "FLEET_GATEWAY_INTERNAL") this.log.error(described(error), "unexpected error");
    this.tally.refused(answer);
    if (response.destroyed || response.headersSent) return answer;
    const body = type === json ? errorBody(answer) : errorLine(answer);
    const headers = this.#headers(response, type, body);
    if (answer.retryAfterSeconds !== undefined) headers.push("retry-after", String(answer.retryAfterSeconds));
    const allowed = (error as { readonly allowed?: unknown } | undefined)?.allowed;
    if (typeof allowed === "string") headers.push("allow", allowed);
    response.writeHead(answer.status, headers).end(body);
    return answer;
  }

  #headers(response: ServerResponse, type: ContentType, body?: string | Buffer): string[] {
    const headers: string[] = ["content-type", type];
    if (body !== undefined) headers.push("content-length", String(Buffer.byteLength(body)));
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
