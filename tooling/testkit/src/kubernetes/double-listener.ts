import { createSecureServer } from "node:http2";
import type {
  Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Session,
} from "node:http2";
import type { Socket } from "node:net";

import type { Certificates } from "../certificates.ts";
import { listenOnFreePort } from "../free-port.ts";

type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** TLS on one port of 127.0.0.1, HTTP/2 or HTTP/1.1 as the client chooses, the way a Go server listens. */
export class DoubleListener {
  readonly #handler: Handler;
  readonly #tls: Certificates;
  readonly #http2: boolean;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #server: Http2SecureServer | undefined;
  #port: number | undefined;
  #accepted = 0;
  #bytesSent = 0;

  constructor(tls: Certificates, http2: boolean, handler: Handler) {
    this.#tls = tls;
    this.#http2 = http2;
    this.#handler = handler;
  }

  get port(): number {
    return this.#port!;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Connections there ever were. */
  get accepted(): number {
    return this.#accepted;
  }

  /** On the wire, TLS included. */
  get bytesSent(): number {
    let sum = this.#bytesSent;
    for (const socket of this.#sockets) sum += socket.bytesWritten;
    return sum;
  }

  /** Listens: at first on a free port, later on the same. */
  async open(): Promise<void> {
    const { cert, key } = this.#tls;
    const server = createSecureServer(
      { cert, key, allowHTTP1: true, ...(!this.#http2 && { ALPNProtocols: ["http/1.1"] }) },
      this.#handler,
    );
    server.on("connection", (socket: Socket) => {
      this.#accepted += 1;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        this.#bytesSent += socket.bytesWritten;
      });
    });
    server.on("session", (session) => {
      this.#sessions.add(session);
      session.on("error", () => {});
      session.once("close", () => this.#sessions.delete(session));
    });
    // A client that goes away is what tests are about.
    server.on("tlsClientError", () => {});
    server.on("sessionError", () => {});
    this.#server = server;
    if (this.#port === undefined) this.#port = await listenOnFreePort(server);
    else await new Promise<void>((listening) => server.listen(this.#port, "127.0.0.1", listening));
  }

  /** Resets (RST) every open connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Tells every HTTP/2 client to come again on another connection (GOAWAY); what is open goes on. */
  goaway(): void {
    for (const session of this.#sessions) session.close();
  }

  /** Resets what is open and stops to listen. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    this.cut();
    await closed;
  }
}
