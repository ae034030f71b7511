import type { ClusterNode, Connect, Connection } from "./connection.ts";

/** One connection, from its dial to its end. It ends once and does not come back: ioredis' own way of reconnecting would send commands again. */
export class Dial {
  /** Rejects when there is no connection to be had. */
  readonly ready: Promise<Connection>;
  /** Rejects when the connection ends; never resolves. What waits for a reply on it need not wait any longer. */
  readonly lost: Promise<never>;
  readonly #loss = Promise.withResolvers<never>();
  #connection: Connection | undefined;
  #isOver = false;

  constructor(connect: Connect) {
    this.lost = this.#loss.promise;
    this.ready = this.#open(connect);
    // Each caller that waits for one of them gets the error.
    for (const promise of [this.lost, this.ready]) promise.catch(() => undefined);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends the connection at once, without QUIT: the server may not be there. */
  end(cause: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#loss.reject(cause);
    this.#destroy();
  }

  #destroy(): void {
    // Not `disconnect` where there is a socket: it says goodbye and sets a timer that only a living socket's end clears.
    if (this.#connection?.stream === undefined) this.#connection?.disconnect();
    else this.#connection.stream.destroy();
  }

  async #open(connect: Connect): Promise<Connection> {
    const connection = await connect();
    this.#connection = connection;
    if (connection.options !== undefined) {
      connection.options.retryStrategy = null;
      connection.options.clusterRetryStrategy = null;
    }
    if (this.#isOver) this.#destroy();
    let cause: unknown;
    // Without a listener ioredis prints to the console.
    connection.on("error", (error) => (cause = error));
    const gone = (): void => this.end(cause ?? new Error("connection closed"));
    connection.on("close", gone);
    connection.on("end", gone);
    if (connection.status !== "ready") {
      const isReady = new Promise<void>((resolve) => connection.on("ready", () => resolve()));
      if (connection.status === "wait") connection.connect().catch((error: unknown) => (cause ??= error));
      await Promise.race([isReady, this.lost]);
    }
    release(connection);
    return connection;
  }
}

/** Idle, it must not keep the process alive. While a command waits for its reply the timer of its deadline does. */
function release(connection: Connection): void {
  connection.stream?.unref?.();
  if (connection.nodes === undefined) return;
  // A cluster connects to each node when it needs it, and again.
  const releaseNode = (node: ClusterNode): void => {
    node.stream?.unref?.();
    node.on("connect", () => node.stream?.unref?.());
  };
  for (const node of connection.nodes()) releaseNode(node);
  connection.on("+node", (node) => releaseNode(node as ClusterNode));
}
