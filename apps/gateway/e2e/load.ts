import { Agent, createServer, request } from "node:http";

// Callers that never stop, each on a kept connection, and a port that says how they fared. Alone in its Pod: no import but Node's own.

const gateway = process.env["GATEWAY"]!;
const token = process.env["TOKEN"]!;
const pauseMs = 10;
const callersPerKind = 2;
const kinds: Readonly<Record<string, string>> = {
  "orders read": "/redis/orders/get/price",
  "orders write": "/redis/orders/incr/tally",
  "plain read": "/redis/plain/get/price",
  "plain write": "/redis/plain/incr/tally",
};

interface Tally {
  ok: number;
  failed: Record<string, number>;
  /** From the first failure of a row of failures to the next success. */
  longestOutageMs: number;
}

const empty = (): Tally => ({ ok: 0, failed: {}, longestOutageMs: 0 });
let tallies = new Map(Object.keys(kinds).map((kind) => [kind, empty()]));
const agent = new Agent({ keepAlive: true });

interface Answer {
  readonly status: number;
  readonly body: string;
}

function call(path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      gateway + path,
      { agent, headers: { authorization: `Bearer ${token}` }, timeout: 10_000 },
      (answer) => {
        let body = "";
        answer.setEncoding("utf8");
        answer.on("data", (text: string) => (body += text));
        answer.on("end", () => resolve({ status: answer.statusCode!, body }));
        answer.on("error", reject);
      },
    );
    sent.on("timeout", () =>
      sent.destroy(Object.assign(new Error("no answer in 10 s"), { code: "CLIENT_TIMEOUT" })),
    );
    sent.on("error", reject);
    sent.end();
  });
}

async function once(path: string): Promise<string | undefined> {
  try {
    const { status, body } = await call(path);
    if (status === 200) return undefined;
    const { code, outcome } = JSON.parse(body) as { code?: string; outcome?: string };
    return [status, code, outcome].filter(Boolean).join(" ");
  } catch (error) {
    return `transport ${(error as { code?: string }).code ?? String(error)}`;
  }
}

async function caller(kind: string, path: string): Promise<never> {
  let failedSince: number | undefined;
  for (;;) {
    const failure = await once(path);
    const tally = tallies.get(kind)!;
    const now = performance.now();
    if (failure === undefined) {
      tally.ok += 1;
      if (failedSince !== undefined)
        tally.longestOutageMs = Math.max(tally.longestOutageMs, Math.round(now - failedSince));
      failedSince = undefined;
    } else {
      tally.failed[failure] = (tally.failed[failure] ?? 0) + 1;
      failedSince ??= now;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Asks until the answer has the status; how long that took. */
async function until(path: string, status: number): Promise<number> {
  const startedAt = performance.now();
  while ((await call(path).catch(() => undefined))?.status !== status) {
    if (performance.now() - startedAt > 60_000) return Number.NaN;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return performance.now() - startedAt;
}

const control: Readonly<Record<string, (query: URLSearchParams) => unknown>> = {
  "/ready": () => "ready",
  "/start": () => {
    for (const [kind, path] of Object.entries(kinds))
      for (let i = 0; i < callersPerKind; i += 1) void caller(kind, path);
    return "started";
  },
  "/take": () => {
    const taken = Object.fromEntries(tallies);
    tallies = new Map(Object.keys(kinds).map((kind) => [kind, empty()]));
    return taken;
  },
  "/call": (query) => call(query.get("path")!),
  "/until": (query) => until(query.get("path")!, Number(query.get("status"))),
};

createServer((asked, answer) => {
  const { pathname, searchParams } = new URL(asked.url!, "http://load");
  const handler = control[pathname];
  void (async () => {
    answer.statusCode = handler === undefined ? 404 : 200;
    answer.end(JSON.stringify({ answer: await handler?.(searchParams) }));
  })();
}).listen(9000);
