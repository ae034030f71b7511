import { subscribe } from "node:diagnostics_channel";
import { Agent, request } from "node:http";

import { Redis } from "ioredis";

import { Backfill, type WorkerOptions } from "../../src/index.ts";

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
const { pid } = process;
const die = (): never => {
  process.kill(pid, "SIGKILL");
  // The signal is on its way; not one instruction of what follows may run.
  for (;;);
};

const agent = new Agent({ keepAlive: true });
/** A request to the ledger; the whole answer. */
function ask(
  path: string,
  query: Record<string, string | number>,
  body: string,
  signal?: AbortSignal,
): Promise<string> {
  const search = new URLSearchParams({ pid: String(pid) });
  for (const [name, value] of Object.entries(query)) search.set(name, String(value));
  return new Promise((resolve, reject) => {
    const call = request(
      {
        agent,
        host: "127.0.0.1",
        port: options.ledgerPort,
        path: `${path}?${search.toString()}`,
        method: "POST",
        ...(signal !== undefined && { signal }),
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve(text));
        response.on("error", reject);
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}

const { crashAt, poison, block } = options;
if (crashAt !== undefined) {
  let seen = 0;
  subscribe(`fleet:backfill:${crashAt.channel}`, (message) => {
    if ((message as { phase: string }).phase !== crashAt.phase) return;
    seen += 1;
    if (seen === crashAt.nth) die();
  });
}
subscribe("fleet:backfill:turn", (message) => {
  const { phase, claimed, token } = message as { phase: string; claimed: number; token: number };
  if (phase === "answered" && claimed > 0) ask("/claim", { token }, "[]").catch(() => undefined);
});

await using backfill = await Backfill.open({
  connect: () => new Redis({ port: options.redisPort }),
  name: options.name,
  commandTimeoutMs: options.commandTimeoutMs ?? 1000,
});
await using worker = backfill.worker({
  ...options.worker,
  fetch: async (id, { token, signal }) => {
    const text = await ask("/fetch", { id, token }, "", signal);
    if (poison?.id === id && poison.call === "fetch") die();
    if (block?.id === id) {
      const until = performance.now() + block.ms;
      while (performance.now() < until);
    }
    return JSON.parse(text) as unknown;
  },
  sink: {
    async write(records, { token, signal }) {
      const ids = records.map(({ id }) => id);
      if (poison?.call === "write" && ids.includes(poison.id)) die();
      await ask("/write", { token }, JSON.stringify(ids), signal);
    },
  },
});
process.on("SIGTERM", () => void worker.close({ graceMs: 200 }));
process.stdout.write("started\n");
const outcome = await worker.start();
process.stdout.write(`${outcome}\n`);
agent.destroy();
