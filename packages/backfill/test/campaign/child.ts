import { subscribe } from "node:diagnostics_channel";

import { Redis } from "ioredis";

import { Backfill, type WorkerOptions } from "../../src/index.ts";
import { FakeGate } from "../engine/fake-gate.ts";
import { LedgerClient } from "./ledger-client.ts";

/** What a worker's process is told, as JSON in its first argument. */
export interface ChildOptions {
  readonly redisPort: number;
  readonly ledgerPort: number;
  readonly name: string;
  readonly commandTimeoutMs?: number;
  readonly worker?: Pick<
    WorkerOptions<unknown>,
    "leaseMs" | "limits" | "attempts" | "crashLimit" | "retryMinDelayMs"
  >;
  /** Dies by SIGKILL when this is published for the n-th time. */
  readonly crashAt?: {
    readonly channel: "turn" | "fetch" | "write";
    readonly phase: string;
    readonly nth: number;
  };
  /** Dies by SIGKILL when it fetches, or writes, this id. */
  readonly poison?: { readonly id: string; readonly call: "fetch" | "write" };
  /** Blocks its event loop for so long in the middle of fetching this id. */
  readonly block?: { readonly id: string; readonly ms: number };
}

const options = JSON.parse(process.argv[2]!) as ChildOptions;
const ledger = new LedgerClient(options.ledgerPort);
const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way; not one instruction of what follows may run.
  for (;;);
};

const { crashAt, poison, block } = options;
if (crashAt !== undefined) {
  let seen = 0;
  subscribe(`fleet:backfill:${crashAt.channel}`, (message) => {
    if ((message as { phase: string }).phase !== crashAt.phase) return;
    seen += 1;
    if (seen === crashAt.nth) die();
  });
}
let isStarted = false;
subscribe("fleet:backfill:turn", (message) => {
  const { phase, claimed, token } = message as { phase: string; claimed: number; token: number };
  if (phase !== "answered") return;
  if (!isStarted) process.stdout.write("started\n");
  isStarted = true;
  if (claimed > 0) ledger.claim(token);
});

await using backfill = await Backfill.open({
  connect: () => new Redis({ port: options.redisPort }),
  name: options.name,
  commandTimeoutMs: options.commandTimeoutMs ?? 1000,
}).catch((error: Error & { readonly code?: string }) => {
  // Begun while Redis is away: whoever starts workers starts another one.
  if (error.code === "FLEET_BACKFILL_REDIS_UNREACHABLE") process.exit(75);
  throw error;
});
await using worker = backfill.worker({
  ...options.worker,
  gates: { hub: new FakeGate({ opensAfter: 5 }), database: new FakeGate({ opensAfter: 5 }) },
  fetch: async (id, { token, signal }) => {
    const text = await ledger.fetch(id, token, signal);
    if (poison?.id === id && poison.call === "fetch") die();
    if (block?.id === id) {
      const until = performance.now() + block.ms;
      while (performance.now() < until);
    }
    return text;
  },
  sink: {
    async write(records, { token, signal }) {
      const ids = records.map(({ id }) => id);
      if (poison?.call === "write" && ids.includes(poison.id)) die();
      await ledger.write(ids, token, signal);
    },
  },
});
process.on("SIGTERM", () => void worker.close({ graceMs: 200 }));
const outcome = await worker.start();
process.stdout.write(`${outcome}\n`);
ledger.close();
