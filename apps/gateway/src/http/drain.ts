import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Follows a server's connections, so that it can be emptied: closing a server of Node waits for every connection that is not
 * idle, and one that never sent anything does not count as idle.
 */
export class Drain {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #begun = false;

  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Whether answers should end their connections. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Call before closing the server: answers under way become the last of their connections. */
  begin(): void {
    this.#begun = true;
  }

  /** Call once the server is closing: ends what never asked anything, and after `graceMs` what has no answer by then. */
  finish(graceMs: number): Disposable {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    const cut = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    return { [Symbol.dispose]: () => clearTimeout(cut) };
  }
}
