import { Worker } from "bullmq";

import { LedgerClient } from "./ledger-client.ts";

/** What a BullMQ worker's process is told, as JSON in its first argument. */
export interface BullmqChildOptions {
  readonly redisPort: number;
  readonly ledgerPort: number;
  readonly name: string;
  readonly jobsPerSecond: number;
}

const options = JSON.parse(process.argv[2]!) as BullmqChildOptions;
const ledger = new LedgerClient(options.ledgerPort);
// Its own defaults: a lock of 30 s, one stall allowed. The connection as its documentation asks for it.
const worker = new Worker<{ readonly ids: readonly string[] }>(
  options.name,
  async ({ data }) => {
    for (const id of data.ids) await ledger.fetch(id, 0);
    await ledger.write(data.ids, 0);
  },
  {
    connection: { host: "127.0.0.1", port: options.redisPort, maxRetriesPerRequest: null },
    concurrency: 5,
    limiter: { max: options.jobsPerSecond, duration: 1000 },
  },
);
worker.on("ready", () => process.stdout.write("started\n"));
worker.on("error", () => "it goes on by itself, or it does not");
process.on("SIGTERM", () => {
  void worker.close().then(() => process.exit(0));
  setTimeout(() => process.exit(0), 2000).unref();
});
