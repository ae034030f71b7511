import { once } from "node:events";
import { appendFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import type { HistoryLine } from "./history.ts";
import type { BadIds } from "./system.ts";

export interface LedgerOptions {
  /** Where the history is written, line by line. */
  readonly file: string;
  /** How long the hub and the sink take to answer. */
  readonly fetchMs?: number;
  readonly writeMs?: number;
  readonly bad?: BadIds;
}

/**
 * The hub and the sink of a campaign, in the process that no fault reaches, and the history of what they saw. Nothing in
 * it knows how the system under test works.
 */
export interface Ledger extends AsyncDisposable {
  readonly port: number;
  /** What the sink holds: id to the token it came with. */
  readonly store: ReadonlyMap<string, number>;
  readonly fetches: number;
  record(line: DistributedOmit<HistoryLine, "at">): void;
}

type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export async function startLedger({
  file,
  fetchMs = 0,
  writeMs = 0,
  bad = { hub: [], sink: [] },
}: LedgerOptions): Promise<Ledger> {
  const store = new Map<string, number>();
  let fetches = 0;
  writeFileSync(file, "");
  const record: Ledger["record"] = (line) =>
    appendFileSync(file, `${JSON.stringify({ at: performance.now(), ...line })}\n`);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://hub");
    const [token, pid] = ["token", "pid"].map((name) => Number(url.searchParams.get(name)));
    if (url.pathname === "/fetch") {
      fetches += 1;
      const id = url.searchParams.get("id")!;
      record({ kind: "fetch", sent: Number(url.searchParams.get("sent")), id, token: token!, pid: pid! });
      if (bad.hub.includes(id)) response.statusCode = 500;
      setTimeout(() => response.end(JSON.stringify({ id })), fetchMs);
      return;
    }
    const body = (await request.toArray()) as Buffer[];
    const ids = JSON.parse(Buffer.concat(body).toString()) as readonly string[];
    if (url.pathname === "/claim") {
      record({ kind: "claim", token: token!, pid: pid! });
      response.end();
      return;
    }
    if (ids.some((id) => bad.sink.includes(id))) {
      response.statusCode = 500;
      response.end();
      return;
    }
    const refused = ids.filter((id) => (store.get(id) ?? 0) > token!);
    for (const id of ids) if (!refused.includes(id)) store.set(id, token!);
    record({ kind: "write", ids, token: token!, pid: pid!, refused });
    setTimeout(() => response.end(), writeMs);
  };
  const server = createServer((request, response) => {
    // A killed worker's request ends in the middle: what did not arrive whole was not written.
    answer(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    port,
    store,
    get fetches() {
      return fetches;
    },
    record,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
