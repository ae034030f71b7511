import { Agent, request } from "node:http";

/** The hub and the sink as a worker's process sees them. */
export class LedgerClient {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number) {
    this.#port = port;
  }

  /** What the hub has of an id. */
  fetch(id: string, token: number, signal?: AbortSignal): Promise<string> {
    // The same for all processes of this machine.
    const sent = performance.timeOrigin + performance.now();
    return this.#ask("/fetch", { id, token, sent }, "", signal);
  }

  async write(ids: readonly string[], token: number, signal?: AbortSignal): Promise<void> {
    await this.#ask("/write", { token }, JSON.stringify(ids), signal);
  }

  /** Tells that it has got work. Nobody waits for it. */
  claim(token: number): void {
    this.#ask("/claim", { token }, "[]").catch(() => "the ledger is closed");
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(
    path: string,
    query: Readonly<Record<string, string | number>>,
    body: string,
    signal?: AbortSignal,
  ): Promise<string> {
    const search = new URLSearchParams({ pid: String(process.pid) });
    for (const [name, value] of Object.entries(query)) search.set(name, String(value));
    const options = {
      agent: this.#agent,
      host: "127.0.0.1",
      port: this.#port,
      path: `${path}?${search.toString()}`,
      method: "POST",
      ...(signal !== undefined && { signal }),
    };
    return new Promise((resolve, reject) => {
      const call = request(options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`the ledger answered ${response.statusCode}`));
        });
        response.on("error", reject);
      });
      call.on("error", reject);
      call.end(body);
    });
  }
}
