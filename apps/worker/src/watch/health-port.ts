import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { Metrics } from "./metrics.ts";
import type { Snapshot } from "./monitor.ts";

interface HealthPortOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: Pick<Metrics, "contentType" | "render">;
  readonly snapshot: () => Snapshot;
}

/** The port for probes and scrapes. */
export interface HealthPort extends AsyncDisposable {
  readonly url: string;
}

/** Opens the port. @throws the error of the operating system, with its code: EADDRINUSE, EACCES. */
export async function openHealthPort(options: HealthPortOptions): Promise<HealthPort> {
  const { metrics, snapshot } = options;
  const pages: Readonly<Record<string, (response: ServerResponse) => void | Promise<void>>> = {
    "/healthz": (response) => send(response, 200, { status: "ok" }),
    "/readyz": (response) => {
      const { stats, isCurrent } = snapshot();
      const isReady = isCurrent && stats.state !== "draining" && stats.state !== "closed";
      send(response, isReady ? 200 : 503, { status: isCurrent ? stats.state : "Redis does not answer" });
    },
    "/status": (response) => send(response, 200, snapshot()),
    "/metrics": async (response) => {
      const text = await metrics.render();
      response.setHeader("content-type", metrics.contentType).end(text);
    },
  };
  const server = createServer((request, response) => {
    const page = pages[request.url?.split("?", 1)[0] ?? "/"];
    if (page === undefined) return send(response, 404, { error: "not found" });
    if (request.method !== "GET" && request.method !== "HEAD")
      return send(response.setHeader("allow", "GET, HEAD"), 405, { error: "method not allowed" });
    Promise.resolve(page(response)).catch(() => send(response, 500, { error: "internal error" }));
  });
  server.listen(options.port, options.host);
  await once(server, "listening");
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json; charset=utf-8").end(`${JSON.stringify(body)}\n`);
}
