import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";

import { AbstractConnector } from "ioredis";

/** When joined writes leave: after the current tick, or after the poll phase, with what all its sockets brought. */
export type Flush = "tick" | "poll";

/** What ioredis hands to a Connector, as far as this one reads it. */
interface ConnectorOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: ConnectionOptions;
  readonly disconnectTimeout?: number;
}

/** Joined writes leave early at so many bytes, or so many commands: the server then works on these while more come. */
const flushBytes = 65_536;
const flushWrites = 50;

/**
 * A Connector for ioredis whose socket joins everything that is written in one tick into one write, hence one system
 * call. ioredis by itself writes each command alone.
 */
export function joinedWrites(flush: Flush): new (options: unknown) => AbstractConnector {
  return class JoinedConnector extends AbstractConnector {
    readonly #options: ConnectorOptions;

    constructor(options: unknown) {
      const given = options as ConnectorOptions;
      super(given.disconnectTimeout ?? 0);
      this.#options = given;
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      await new Promise<void>((resolve) => {
        process.nextTick(resolve);
      });
      // ioredis looks for this text to distinguish a deliberate end from a failure.
      if (!this.connecting) throw new Error("Connection is closed.");
      const { host, port, tls } = this.#options;
      const where = { host: host ?? "127.0.0.1", port: port ?? 6379 };
      const socket: Socket = tls === undefined ? connectTcp(where) : connectTls({ ...where, ...tls });
      socket.once("error", (error) => {
        this.firstError = error;
      });
      this.stream = socket;
      joins.set(socket, new Join(socket, flush));
      return socket;
    }

    override disconnect(): void {
      // ioredis would arm a timer that only the "close" of the stream clears, which has been already.
      if (this.stream?.destroyed) this.connecting = false;
      else super.disconnect();
    }
  };
}

const joins = new WeakMap<Socket, Join>();

/** The joined writes of a socket that a `joinedWrites` Connector opened. */
export function joinOf(socket: Socket): Join {
  return joins.get(socket)!;
}

/** Replaces `write` of a socket. Text is concatenated, Buffers are kept apart; the order stays. */
export class Join {
  /** Calls of `write` so far, and how many of them the socket was given. Those in between never left. */
  writes = 0;
  flushed = 0;
  readonly #socket: Socket;
  readonly #write: Socket["write"];
  #text = "";
  #chunks: (string | Uint8Array)[] | undefined;
  #pending = 0;
  #armed = false;

  constructor(socket: Socket, flush: Flush) {
    this.#socket = socket;
    this.#write = socket.write.bind(socket);
    const end = socket.end.bind(socket);
    const leave = (): void => {
      this.#armed = false;
      this.flush();
    };
    const arm =
      flush === "tick"
        ? (): void => {
            process.nextTick(leave);
          }
        : (): void => {
            setImmediate(leave);
          };
    socket.write = (chunk: string | Uint8Array): boolean => {
      this.writes += 1;
      this.#pending += chunk.length;
      if (typeof chunk === "string") this.#text += chunk;
      else this.#keep(chunk);
      if (this.#pending >= flushBytes || this.writes - this.flushed >= flushWrites) {
        this.flush();
      } else if (!this.#armed) {
        this.#armed = true;
        arm();
      }
      // Reports no back-pressure: the caps of the lane bound what is in flight.
      return true;
    };
    socket.end = ((...args: Parameters<Socket["end"]>) => {
      this.flush();
      return end(...args);
    }) as Socket["end"];
  }

  flush(): void {
    const text = this.#text;
    const chunks = this.#chunks;
    this.#text = "";
    this.#chunks = undefined;
    this.#pending = 0;
    // ioredis rejects what waits for replies when it sees "close".
    if (this.#socket.destroyed) return;
    this.flushed = this.writes;
    if (chunks === undefined) {
      if (text !== "") this.#write(text, "utf8");
      return;
    }
    this.#socket.cork();
    for (const chunk of chunks) this.#write(chunk);
    if (text !== "") this.#write(text, "utf8");
    this.#socket.uncork();
  }

  #keep(chunk: Uint8Array): void {
    this.#chunks ??= [];
    if (this.#text !== "") this.#chunks.push(this.#text);
    this.#text = "";
    this.#chunks.push(chunk);
  }
}
