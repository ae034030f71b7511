import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";

import { type Clock, unref } from "@fleet/time";

import { reasonOfSocket } from "../../dial-reason.ts";

export interface SpokenAtOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Whether a server that would not talk answers the other way: a Redis that expects TLS closes a plain connection without a word, and
 * one that does not stays silent under a TLS handshake. A connection of its own, over which nothing secret is sent; the certificate is
 * not checked, as nothing is made of the answer but a reason.
 */
export function speaksTlsAt(options: SpokenAtOptions): Promise<boolean> {
  const { host, port } = options;
  return asked(connectTls({ host, port, rejectUnauthorized: false }), options, false, (socket, say) => {
    socket.once("secureConnect", () => say(true));
    // An alert is an answer in TLS too: the server may want a certificate, or a newer version.
    socket.once("error", (error: NodeJS.ErrnoException) =>
      say(/ALERT/i.test(`${error.code} ${error.message}`)),
    );
  });
}

export function speaksPlainAt(options: SpokenAtOptions): Promise<boolean> {
  const { host, port } = options;
  return asked(connectTcp({ host, port }), options, false, (socket, say) => {
    socket.once("connect", () => socket.write("*1\r\n$4\r\nPING\r\n"));
    // `+PONG`, or an error: loading, or that a password is missing.
    socket.once("data", (data) => say(/^[+-][A-Z]/.test(data.toString("latin1", 0, 2))));
    socket.once("error", () => say(false));
  });
}

/** How long a server that speaks first is waited for, in milliseconds. */
const greetingMs = 200;

/**
 * What a server says before it is asked: that it has too many clients. It closes then, and where something was written meanwhile its
 * word gets lost with the connection.
 */
export function greetingAt(options: SpokenAtOptions): Promise<Buffer | undefined> {
  const { host, port, timeoutMs } = options;
  const wait = { ...options, timeoutMs: Math.min(greetingMs, timeoutMs) };
  return asked<Buffer | undefined>(connectTcp({ host, port }), wait, undefined, (socket, say) => {
    socket.once("data", say);
    socket.once("error", () => say(undefined));
  });
}

/**
 * Whether the server wants another certificate of its client than this: it says so after the handshake, and where something was
 * written meanwhile its word gets lost with the connection.
 */
export function wantsCertificateAt(options: SpokenAtOptions, tls: ConnectionOptions): Promise<boolean> {
  const { host, port } = options;
  const socket = connectTls({ ...tls, host, port, rejectUnauthorized: false });
  return asked(socket, options, false, (_, say) => {
    socket.once("error", (error) => say(reasonOfSocket(error) === "tls-client-certificate"));
  });
}

function asked<T>(
  socket: Socket,
  { clock, timeoutMs, signal }: SpokenAtOptions,
  nothing: T,
  listen: (socket: Socket, say: (answer: T) => void) => void,
): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const stop = (): void => resolve(nothing);
  const timer = unref(clock.setTimeout(stop, timeoutMs));
  signal.addEventListener("abort", stop, { once: true });
  socket.once("close", stop);
  listen(socket, resolve);
  if (signal.aborted) stop();
  return promise.finally(() => {
    clock.clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    socket.on("error", () => "it is over");
    socket.destroy();
  });
}
