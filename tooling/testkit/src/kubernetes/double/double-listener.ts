import { createSecureServer } from "node:http2";
import type {
  Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Session,
} from "node:http2";
import type { Socket } from "node:net";

import type { Certificates } from "../../certificates.ts";
import { listenOnFreePort } from "../../free-port.ts";
import { reset } from "../../reset.ts";

type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** TLS on one port of 127.0.0.1, HTTP/2 or HTTP/1.1 as the client chooses, the way a Go server listens. */
export class DoubleListener {
  readonly #handler: Handler;
  readonly #tls: Certificates;
  readonly #http2: boolean;
  /** Connections, each with its client's port. */
  readonly #sockets = new Map<Socket, number | undefined>();
  /** TLS sockets by their clients' ports: each runs over one of `#sockets`. */
  readonly #secured = new Map<number, Socket>();
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
    for (const socket of this.#sockets.keys()) sum += socket.bytesWritten;
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
      // Asked now: a socket whose peer has reset it does not know any more.
      this.#sockets.set(socket, socket.remotePort);
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        this.#bytesSent += socket.bytesWritten;
      });
    });
    server.on("secureConnection", (secured) => {
      const { remotePort } = secured;
      if (remotePort === undefined) return;
      this.#secured.set(remotePort, secured);
      secured.once("close", () => {
        if (this.#secured.get(remotePort) === secured) this.#secured.delete(remotePort);
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
    for (const [socket, port] of this.#sockets)
      reset(socket, port === undefined ? undefined : this.#secured.get(port));
  }

  /** Asks every HTTP/2 client to use another connection (GOAWAY); what is open goes on. */
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
