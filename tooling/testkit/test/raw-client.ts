import { connect } from "node:net";
import type { Socket } from "node:net";

/** A bare socket: what it received, and how its connection ended. */
export class RawClient implements AsyncDisposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #chunks = 0;
  #ended: "fin" | "rst" | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#chunks += 1;
    });
    socket.on("end", () => (this.#ended ??= "fin"));
    socket.on("error", () => (this.#ended ??= "rst"));
  }

  static connect(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RawClient(socket));
      });
    });
  }

  get received(): string {
    return this.#received.toString("latin1");
  }

  /** In how many pieces it came. */
  get chunks(): number {
    return this.#chunks;
  }

  get ended(): "fin" | "rst" | undefined {
    return this.#ended;
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  end(): void {
    this.#socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }
}
