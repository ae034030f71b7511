import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a hub has answered so far. */
export interface HubCounts {
  requests: number;
  /** Records, and answers that there is none. */
  answered: number;
  limited: number;
  failed: number;
  html: number;
  slow: number;
  /** The most requests that came within any second. */
  peak: number;
}

export interface LocalHub extends AsyncDisposable {
  /** With {id} in its place. */
  readonly url: string;
  readonly counts: Readonly<HubCounts>;
}

interface LocalHubOptions {
  /** More than that in a second are answered with 429 and Retry-After. */
  readonly requestsPerSecond: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** An id that the hub can never serve. */
export const hopelessId = 666;

/**
 * An API as they are: it limits its callers, one answer in forty is an error, one in eighty a page of HTML, one in fifty takes a
 * second, ids that end in 00 have nothing, and one id can never be had.
 */
export async function startLocalHub({ requestsPerSecond, random }: LocalHubOptions): Promise<LocalHub> {
  const counts: HubCounts = { requests: 0, answered: 0, limited: 0, failed: 0, html: 0, slow: 0, peak: 0 };
  const recent: number[] = [];
  const server = createServer((request, response) => {
    const now = performance.now();
    while (recent.length > 0 && recent[0]! <= now - 1000) recent.shift();
    counts.requests += 1;
    const send = (status: number, body: unknown): void =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (recent.length >= requestsPerSecond) {
      counts.limited += 1;
      response.setHeader("retry-after", "1");
      return send(429, { error: "too many requests" });
    }
    recent.push(now);
    counts.peak = Math.max(counts.peak, recent.length);
    const id = Number(request.url?.split("/").pop());
    const luck = random();
    if (luck < 0.025) {
      counts.failed += 1;
      return send(502, { error: "the hub is not well" });
    }
    if (luck < 0.0375) {
      counts.html += 1;
      return void response
        .writeHead(200, { "content-type": "text/html" })
        .end("<h1>We will be right back</h1>");
    }
    counts.answered += 1;
    if (id === hopelessId) return send(422, { error: "this record is broken" });
    if (id % 100 === 0) return send(404, { error: "there is nothing" });
    const isSlow = luck > 0.98;
    if (isSlow) counts.slow += 1;
    const timer = setTimeout(() => send(200, { id, text: `cast ${id}` }), isSlow ? 1000 : 5 + random() * 20);
    response.on("close", () => clearTimeout(timer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/casts/{id}`,
    counts,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
