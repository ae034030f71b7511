import type { IncomingMessage } from "node:http";
import { connect } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import { Agent, request } from "node:https";

interface Server {
  readonly url: string;
  readonly ca: string;
  readonly adminToken: string;
}

/** One long request and what came of it; plain node:https and node:http2, so that nothing heals it. */
export class WatchClient implements AsyncDisposable {
  status: number | undefined;
  received = "";
  ended: "clean" | "broken" | undefined;
  readonly #close: () => void;

  private constructor(close: () => void) {
    this.#close = close;
  }

  static http1(server: Server, path: string): WatchClient {
    const agent = new Agent({ ca: server.ca });
    const client = new WatchClient(() => agent.destroy());
    const asked = request(
      new URL(path, server.url),
      { agent, headers: { authorization: `Bearer ${server.adminToken}` } },
      (answer: IncomingMessage) => {
        client.status = answer.statusCode;
        answer.setEncoding("utf8").on("data", (text: string) => (client.received += text));
        answer.once("end", () => (client.ended ??= "clean"));
        answer.once("error", () => (client.ended ??= "broken"));
      },
    );
    asked.once("error", () => (client.ended ??= "broken"));
    asked.end();
    return client;
  }

  static http2(server: Server, path: string): WatchClient {
    const session: ClientHttp2Session = connect(server.url, { ca: server.ca });
    const client = new WatchClient(() => session.destroy());
    session.once("error", () => (client.ended ??= "broken"));
    const stream = session.request({ ":path": path, authorization: `Bearer ${server.adminToken}` });
    stream.once("response", (headers) => (client.status = headers[":status"]));
    stream.setEncoding("utf8").on("data", (text: string) => (client.received += text));
    stream.once("error", () => (client.ended ??= "broken"));
    stream.once("end", () => (client.ended ??= "clean"));
    stream.end();
    return client;
  }

  /** Type and name (of a bookmark: resource version) of every whole event. */
  get events(): readonly string[] {
    return this.received
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        const { type, object } = JSON.parse(line) as {
          readonly type: string;
          readonly object: {
            readonly code?: number;
            readonly metadata: { readonly name?: string; readonly resourceVersion?: string };
          };
        };
        return `${type} ${object.code ?? object.metadata.name ?? object.metadata.resourceVersion}`;
      });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }
}
