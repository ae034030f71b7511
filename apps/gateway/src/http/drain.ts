import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** How long a connection that says no more waits for its client to close it, as long as nothing arrives. */
const lingerMs = 2000;

/** One connection of a client. */
interface Link {
  readonly socket: Socket;
  /** The answer to the newest request, and whether its connection was to be kept. */
  newest: ServerResponse | undefined;
  keeps: boolean;
  /** What had arrived when the newest answer was complete. */
  readBytes: number;
  /** Requests without an answer so far. */
  underWay: number;
}

/**
 * Empties a server without losing a request. First it is a lame duck: everything is served, and each answer is the last of its
 * connection, so that a client that keeps connections learns to go elsewhere before anything is closed. Only then it stops to listen.
 *
 * It also ends connections gently: the half to the client is closed, and what the client still sends is read and thrown away. A
 * connection that is closed with bytes unread is reset, and a reset destroys the answer on its way.
 */
export class Drain {
  readonly #server: Server;
  readonly #links = new Map<Socket, Link>();
  readonly #lingering = new Map<Socket, NodeJS.Timeout>();
  readonly #maxLingerMs: number;
  #begun = false;
  #finishing = false;

  /** @param maxLingerMs how long a client may still send what is not wanted any more. */
  constructor(server: Server, maxLingerMs: number) {
    this.#server = server;
    this.#maxLingerMs = maxLingerMs;
    // A client that has said all it has to say still wants its answer.
    (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
    // Node would destroy connections whose next request is on its way.
    server.closeIdleConnections = () => {};
    server.on("connection", (socket: Socket) => {
      this.#links.set(socket, { socket, newest: undefined, keeps: true, readBytes: 0, underWay: 0 });
      socket.destroySoon = () => this.#endGently(socket);
      socket.once("close", () => {
        this.#links.delete(socket);
        clearTimeout(this.#lingering.get(socket));
        this.#lingering.delete(socket);
      });
    });
  }

  /** Between the server and what serves: sees every request. */
  around(serve: Listener): Listener {
    const links = this.#links;
    const answered = (link: Link): void => this.#answered(link);
    // One function for all answers: requests are many.
    function closed(this: ServerResponse): void {
      const link = links.get(this.req.socket);
      if (link !== undefined) answered(link);
    }
    return (request, response) => {
      const link = this.#links.get(request.socket);
      if (link === undefined) return;
      const { socket, newest } = link;
      // Behind the last answer of a connection a request is not answered, so it must not be carried out.
      if (socket.writableEnded || (newest?.headersSent === true && !newest.shouldKeepAlive)) {
        request.resume();
        return;
      }
      if (this.#begun && newest !== undefined) newest.shouldKeepAlive = link.keeps;
      link.newest = response;
      link.keeps = response.shouldKeepAlive;
      link.underWay += 1;
      if (this.#begun) response.shouldKeepAlive = false;
      response.once("close", closed);
      serve(request, response);
    };
  }

  #answered(link: Link): void {
    const { socket } = link;
    link.underWay -= 1;
    link.readBytes = socket.bytesRead;
    if (this.#finishing && link.underWay === 0) this.#endGently(socket);
  }

  /** From now on every answer is the last of its connection. Nothing is closed yet. */
  begin(): void {
    this.#begun = true;
    for (const { newest, underWay } of this.#links.values())
      if (underWay > 0 && newest?.headersSent === false) newest.shouldKeepAlive = false;
  }

  /** Ends what is idle, each other connection after its answer, and after `graceMs` what is left. Call once the server is closing. */
  finish(graceMs: number): Disposable {
    this.#finishing = true;
    for (const { socket, underWay, readBytes } of this.#links.values())
      if (underWay === 0 && socket.bytesRead === readBytes) this.#endGently(socket);
    const cut = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    return { [Symbol.dispose]: () => clearTimeout(cut) };
  }

  #endGently(socket: Socket): void {
    socket.end();
    if (socket.destroyed || this.#lingering.has(socket)) return;
    const until = performance.now() + this.#maxLingerMs;
    const wait = (readBytes: number): void => {
      const timer = setTimeout(() => {
        if (socket.bytesRead === readBytes || performance.now() >= until) socket.destroy();
        else wait(socket.bytesRead);
      }, lingerMs);
      timer.unref();
      this.#lingering.set(socket, timer);
    };
    wait(socket.bytesRead);
  }
}
