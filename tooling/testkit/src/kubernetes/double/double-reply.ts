import { constants } from "node:http2";
import type { Http2ServerResponse } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";

import { status } from "../status.ts";
import type { Status } from "../status.ts";
import type { DoubleFault } from "./double-fault.ts";

/** An answer larger than this is compressed for a client that accepts it, as an API server does. */
const compressedFrom = 128 * 1024;

/** Says no. */
export function refuse(
  response: Http2ServerResponse,
  said: Status,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(said.code, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(said));
}

/** Sends an answer, whole unless the fault says otherwise. */
export function send(
  response: Http2ServerResponse,
  code: number,
  answer: unknown,
  options: { readonly fault?: DoubleFault | undefined; readonly acceptEncoding?: unknown } = {},
): void {
  const { fault, acceptEncoding } = options;
  const text = Buffer.from(JSON.stringify(answer));
  const gzip = text.length > compressedFrom && /\bgzip\b/.test(String(acceptEncoding));
  const body = gzip ? gzipSync(text, { level: 1 }) : text;
  const type = { "content-type": "application/json" };
  response.writeHead(code, gzip ? { ...type, "content-encoding": "gzip" } : type);
  if (fault?.kind === "slow") void trickle(response, body, fault.byteMs);
  else if (fault?.kind !== "cut") response.end(body);
  else if (fault.clean === true) response.end(body.subarray(0, fault.bytes));
  else response.write(body.subarray(0, fault.bytes), () => abort(response));
}

/** Does what a fault puts in the place of any answer; false when it has nothing to say about that. */
export function misbehave(response: Http2ServerResponse, fault: DoubleFault): boolean {
  switch (fault.kind) {
    case "hang":
      return true;
    case "reset":
      abort(response);
      return true;
    case "status": {
      const { message = "on purpose", retryAfterSeconds: after } = fault;
      const said = status(fault.status, message, fault.reason, fault.details);
      refuse(response, said, after === undefined ? {} : { "retry-after": String(after) });
      return true;
    }
    case "garbage":
      response.writeHead(200, { "content-type": "application/json" });
      response.end(fault.body);
      return true;
    default:
      return false;
  }
}

/** Ends a response in the middle: with HTTP/1.1 its connection, with HTTP/2 its stream. */
function abort(response: Http2ServerResponse): void {
  // The types know HTTP/2 only; with HTTP/1.1 there is no stream.
  const stream = response.stream as typeof response.stream | undefined;
  if (stream === undefined) response.socket.destroy();
  else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}

async function trickle(response: Http2ServerResponse, body: Buffer, byteMs: number): Promise<void> {
  let isGone = false;
  response.once("close", () => (isGone = true));
  for (const byte of body) {
    if (isGone) return;
    response.write(Buffer.of(byte));
    await sleep(byteMs);
  }
  response.end();
}
