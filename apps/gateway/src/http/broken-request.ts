import { STATUS_CODES } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

import { MalformedError, statusByCode } from "../errors.ts";
import { errorBody } from "./answer.ts";

/**
 * What Node refuses before there is a request.
 *
 * @code FLEET_GATEWAY_REQUEST_TIMEOUT The request was not complete within `requestTimeoutMs`.
 * @outcome not-sent
 * @retry yes
 * @remedy Send the request faster, or raise `requestTimeoutMs`.
 * @code FLEET_GATEWAY_HEADERS_TOO_LARGE URL and headers together are larger than 16 KiB.
 * @outcome not-sent
 * @retry no
 * @remedy Send long arguments in the body.
 */
const answers: Readonly<Record<string, readonly [code: string, text: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["FLEET_GATEWAY_REQUEST_TIMEOUT", "ERR the request was not complete in time"],
  HPE_HEADER_OVERFLOW: [
    "FLEET_GATEWAY_HEADERS_TOO_LARGE",
    "ERR the URL and headers are too large; long arguments go into the body",
  ],
};

/** Answers what is not HTTP, in JSON as everywhere, and closes the connection: where the next request would begin is not known. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || error.code === "EPIPE" || socket.destroyed) {
    socket.destroy();
    return;
  }
  // It is answered already, and what still comes is thrown away.
  if (!socket.writable) return;
  const [code, text] = answers[error.code ?? ""] ?? [
    "FLEET_GATEWAY_MALFORMED",
    "ERR this is not an HTTP/1.1 request",
  ];
  writeLast(socket, code, text);
}

/**
 * Answers CONNECT: this is no proxy. Node hands the connection over and serves no further request on it.
 */
export function answerConnect(_request: IncomingMessage, socket: Socket): void {
  socket.on("error", () => socket.destroy()).resume();
  writeLast(socket, "FLEET_GATEWAY_METHOD_NOT_ALLOWED", "ERR method not allowed; this is no proxy");
}

/** An answer past the server, the last of its connection. */
function writeLast(socket: Socket, code: string, text: string): void {
  const status = statusByCode[code]!;
  const body = errorBody({ status, text, code });
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.destroySoon();
}

/**
 * Answers `Expect:` with anything but `100-continue`, which Node would refuse with an empty body.
 *
 * @code FLEET_GATEWAY_EXPECTATION_FAILED The header `Expect` asks for something other than `100-continue`.
 * @outcome not-sent
 * @retry no
 * @remedy Leave the header out.
 */
export function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const code = "FLEET_GATEWAY_EXPECTATION_FAILED";
  const status = statusByCode[code]!;
  const body = errorBody({ status, text: "ERR the expectation cannot be met", code });
  response.writeHead(status, [
    "content-type",
    "application/json",
    "content-length",
    String(Buffer.byteLength(body)),
  ]);
  response.end(body);
}

/** The error for what Fastify refuses before a route is called, with our text: that of Fastify may quote the request. */
export function fromFramework(error: unknown): unknown {
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
  const isTheirs = typeof code === "string" && code.startsWith("FST_");
  return isTheirs && typeof statusCode === "number" && statusCode < 500
    ? new MalformedError("ERR failed to parse the request")
    : error;
}
