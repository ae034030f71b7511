import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

export interface Tally {
  ok: number;
  /** By status and code, as in `503 FLEET_ROUTER_NO_TARGET`. */
  failed: Record<string, number>;
  longestOutageMs: number;
}

/** How each kind of call fared. */
export type Tallies = Readonly<Record<string, Tally>>;

const callersPerKind = 2;
const pauseMs = 4;
/** How long a phase is watched after what happened in it, and how many calls of each kind are watched at the least. */
const afterMs = 300;
const leastCalls = 30;

/** Callers that never stop, each on connections that are kept. */
export class SteadyLoad implements AsyncDisposable {
  readonly #url: string;
  readonly #token: string;
  readonly #kinds: Readonly<Record<string, string>>;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #end = new AbortController();
  readonly #lines: string[] = [];
  readonly #total: Tallies;
  #tallies: Tallies;
  #callers: readonly Promise<void>[] = [];

  /** @param kinds the paths to call, by what they are called here. */
  constructor(url: string, token: string, kinds: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#token = token;
    this.#kinds = kinds;
    this.#total = this.#empty();
    this.#tallies = this.#empty();
  }

  start(): void {
    this.#callers = Object.entries(this.#kinds).flatMap(([kind, path]) =>
      Array.from({ length: callersPerKind }, () => this.#call(kind, path)),
    );
  }

  /** Does something under load; answers what the callers met meanwhile. */
  async during(title: string, happening: () => Promise<unknown>): Promise<Tallies> {
    this.#tallies = this.#empty();
    const start = performance.now();
    await happening();
    const tallies = this.#tallies;
    await pause(afterMs);
    while (Object.values(tallies).some((tally) => callsOf(tally) < leastCalls)) await pause(pauseMs);
    this.#tallies = this.#empty();
    this.#lines.push(`${title} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    for (const [kind, tally] of Object.entries(tallies)) this.#lines.push(`  ${row(kind, tally)}`);
    return tallies;
  }

  /** A line of one's own for the table. */
  say(line: string): void {
    this.#lines.push(`  ${line}`);
  }

  /** All there ever was. */
  get total(): Tallies {
    return this.#total;
  }

  /** A line per kind and phase. */
  get table(): string {
    return this.#lines.join("\n");
  }

  /** One call of one's own. */
  async ask(path: string): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#token}` };
      const asked = request(this.#url + path, { agent: this.#agent, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.once("end", () => resolve({ status: answer.statusCode!, text }));
        answer.once("error", reject);
      });
      asked.once("error", reject);
      asked.end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#callers);
    this.#agent.destroy();
  }

  async #call(kind: string, path: string): Promise<void> {
    let failedSince: number | undefined;
    while (!this.#end.signal.aborted) {
      const failure = await this.#outcome(path);
      const now = performance.now();
      if (failure === undefined) failedSince = undefined;
      else failedSince ??= now;
      for (const tally of [this.#tallies[kind]!, this.#total[kind]!]) {
        if (failure === undefined) tally.ok += 1;
        else tally.failed[failure] = (tally.failed[failure] ?? 0) + 1;
        if (failedSince !== undefined)
          tally.longestOutageMs = Math.max(tally.longestOutageMs, now - failedSince);
      }
      await pause(pauseMs);
    }
  }

  async #outcome(path: string): Promise<string | undefined> {
    try {
      const { status, text } = await this.ask(path);
      if (status === 200) return undefined;
      const { code = text.slice(0, 80), outcome } = JSON.parse(text) as {
        readonly code?: string;
        readonly outcome?: string;
      };
      return [status, code, outcome].filter((part) => part !== undefined).join(" ");
    } catch (error) {
      return `transport ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
    }
  }

  #empty(): Tallies {
    return Object.fromEntries(
      Object.keys(this.#kinds).map((kind) => [kind, { ok: 0, failed: {}, longestOutageMs: 0 }]),
    );
  }
}

/** Of some kinds, what failed. */
export function failuresOf(tallies: Tallies, ...kinds: readonly string[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const kind of kinds)
    for (const [what, times] of Object.entries(tallies[kind]!.failed)) sum[what] = (sum[what] ?? 0) + times;
  return sum;
}

function row(kind: string, { ok, failed, longestOutageMs }: Tally): string {
  const bad = Object.entries(failed).map(([what, times]) => `${times} x ${what}`);
  const outage = longestOutageMs === 0 ? "" : `; longest outage ${Math.round(longestOutageMs)} ms`;
  return `${kind.padEnd(14)} ${String(ok).padStart(6)} ok, ${bad.length === 0 ? "0 failed" : bad.join(", ")}${outage}`;
}

function callsOf({ ok, failed }: Tally): number {
  return Object.values(failed).reduce((total, count) => total + count, ok);
}
