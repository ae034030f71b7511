import { setTimeout as pause } from "node:timers/promises";

import type { Cluster } from "./cluster.ts";

interface Tally {
  readonly ok: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly longestOutageMs: number;
}

/** How each kind of call fared while one thing happened. */
export type Tallies = Readonly<Record<string, Tally>>;

/** The callers in the cluster, and the table of what they met. */
export class Load {
  readonly #cluster: Cluster;
  readonly #lines: string[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  ask<T>(path: string): Promise<T> {
    return this.#cluster.ask<T>("load", 9000, path);
  }

  /** Runs something under load, and a little longer; what the callers met meanwhile goes into the table under the title. */
  async during(title: string, happening: () => Promise<unknown>, afterMs = 3000): Promise<Tallies> {
    await this.ask("/take");
    const startedAt = performance.now();
    await happening();
    await pause(afterMs);
    const tallies = await this.ask<Tallies>("/take");
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    this.#lines.push(
      `${title} (${seconds} s)`,
      ...Object.entries(tallies).map(([kind, tally]) => row(kind, tally)),
    );
    return tallies;
  }

  say(line: string): void {
    this.#lines.push(line);
  }

  get table(): string {
    return this.#lines.join("\n");
  }
}

/** Of some kinds, all failures together. */
export function failures(tallies: Tallies, ...kinds: readonly string[]): number {
  return kinds.flatMap((kind) => Object.values(tallies[kind]!.failed)).reduce((sum, times) => sum + times, 0);
}

function row(kind: string, { ok, failed, longestOutageMs }: Tally): string {
  const bad = Object.entries(failed).map(([what, times]) => `${times} x ${what}`);
  const outage = longestOutageMs === 0 ? "" : `; longest outage ${longestOutageMs} ms`;
  return `  ${kind.padEnd(13)} ${String(ok).padStart(6)} ok, ${bad.length === 0 ? "0 failed" : bad.join(", ")}${outage}`;
}
