import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A hub of a test: a real HTTP server that does what the test wants. */
export interface TestHub extends AsyncDisposable {
  /** With {id} in its place. */
  readonly url: string;
  /** The ids that were asked for, in order. */
  readonly asked: readonly string[];
  /** Connections that were ever made. */
  readonly connections: number;
  answer: (id: string, request: IncomingMessage, response: ServerResponse) => void;
}

/** Answers `{"id":"7"}` for 7 until it is told otherwise. */
export async function startHub(answer: TestHub["answer"] = record): Promise<TestHub> {
  const asked: string[] = [];
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    const id = decodeURIComponent(request.url?.split("/").pop() ?? "");
    asked.push(id);
    hub.answer(id, request, response);
  };
  const server = createServer(listener).on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const hub: TestHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/{id}`,
    asked,
    answer,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return hub;
}

export function record(id: string, _request: IncomingMessage, response: ServerResponse): void {
  json(response, 200, { id });
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
