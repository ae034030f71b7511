import { PassThrough } from "node:stream";

import type { Status, WorkerStats } from "@fleet/backfill";
import { describe, expect, test } from "vitest";

import type { Snapshot } from "../../src/watch/monitor.ts";
import { openProgress, progressLine } from "../../src/watch/progress.ts";
import { duration, percent, perSecond } from "../../src/watch/words.ts";

const stats: WorkerStats = {
  state: "running",
  held: 4,
  buffer: { used: 40, limit: 200 },
  hub: { used: 5, limit: 5 },
  database: { used: 2, limit: 8 },
  gates: { hub: true, database: true },
  pressure: 0.2,
  share: 1,
  claimed: 9,
  fenced: 0,
  handedBack: 2,
  done: 431,
  retried: 3,
  dead: 0,
  limited: 0,
  idsPerSecond: 12.34,
};

const status = {
  name: "casts",
  state: "running",
  ids: { total: 1000, done: 431, dead: 0, waiting: undefined },
  progress: 0.4319,
  idsPerSecond: 20,
  etaMs: 462_000,
  workers: [{}],
} as unknown as Status;

const snapshot: Snapshot = {
  status,
  isCurrent: true,
  stats,
  breakers: { hub: "closed", database: "closed" },
};

function shown(
  form: "json" | "bar" | "lines",
  act: (progress: ReturnType<typeof openProgress>) => void,
): string {
  const out = new PassThrough();
  const progress = openProgress(form, { out, error: out });
  act(progress);
  progress[Symbol.dispose]();
  return String(out.read() ?? "");
}

describe("a line of progress", () => {
  test("has what a person wants to know", () => {
    expect(progressLine(snapshot)).toBe(
      "43.1 % of 1000, 20.0/s, ETA 7m42s, in flight 40, hub 5/5, database 2/8",
    );
  });

  test("tells of open breakers, dead letters, other workers, a pause and a Redis that is away", () => {
    const ids = { ...status.ids, dead: 2 };
    const workers = [{}, {}] as unknown as Status["workers"];
    expect(
      progressLine({
        status: { ...status, state: "paused", ids, workers },
        isCurrent: false,
        stats: { ...stats, state: "paused" },
        breakers: { hub: "open", database: "half-open" },
      }),
    ).toBe(
      "43.1 % of 1000, 20.0/s, in flight 40, hub 5/5, database 2/8, hub breaker open, database breaker half-open, dead 2, workers 2, paused, Redis does not answer",
    );
  });

  test("of a stream counts what is done and what is to come", () => {
    const ids = { total: undefined, done: 7, dead: 0, waiting: 3 };
    const endless = { ...status, ids, progress: undefined, etaMs: undefined };
    expect(progressLine({ ...snapshot, status: endless })).toMatch(
      /^7 done, 3 to come, 20\.0\/s, in flight 40/,
    );
  });

  test("before Redis has told anything is of the worker alone", () => {
    expect(progressLine({ ...snapshot, status: undefined, isCurrent: false })).toBe(
      "in flight 40, hub 5/5, database 2/8, Redis does not answer",
    );
  });
});

describe("the forms", () => {
  test("lines, with their time, and a last one", () => {
    const text = shown("lines", (progress) => {
      progress.show(snapshot);
      progress.note("a line of the log\n");
      progress.end(
        { ...snapshot, status: { ...status, ids: { ...status.ids, dead: 1 } } },
        "complete",
        61_000,
      );
    });
    expect(text).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z 43\.1 % of 1000.*\na line of the log\ncomplete: 431 ids, 431 by this worker in 1m01s; 1 dead, see fleet-worker inspect\n$/,
    );
  });

  test("the last line of a worker that was stopped says how to go on", () => {
    expect(shown("lines", (progress) => progress.end(snapshot, "stopped", 900))).toBe(
      "stopped: 431 by this worker in 900ms; 2 chunks handed back. Start again to go on.\n",
    );
  });

  test("the last line counts the ids that the hub had nothing of", () => {
    const show = (empty: number): string =>
      shown("lines", (progress) => progress.end(snapshot, "complete", 900, empty));
    expect(show(40)).toBe("complete: 431 ids, 431 by this worker in 900ms; 40 had nothing\n");
    expect(show(0)).not.toContain("nothing");
  });

  test("JSON, a value a line", () => {
    const text = shown("json", (progress) => {
      progress.show(snapshot);
      progress.end(snapshot, "complete", 12.6);
    });
    const [first, last] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(first).toMatchObject({
      event: "progress",
      run: { name: "casts" },
      worker: { done: 431 },
      breakers: { hub: "closed" },
      isCurrent: true,
    });
    expect(last).toMatchObject({ event: "end", outcome: "complete", tookMs: 13 });
  });

  test("a bar at a terminal leaves lines of the log whole, and is drawn again below them", () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 60 });
    const progress = openProgress("bar", { out: terminal, error: terminal });
    progress.show(snapshot);
    const line = `{"msg":"breaker open","reason":"${"x".repeat(100)} at the end"}`;
    progress.note(`${line}\n`);
    const text = String(terminal.read());
    progress[Symbol.dispose]();
    // Wrapping is not switched off, and what follows the line is the bar.
    expect(text).not.toContain("\u001B[?7l");
    expect(text.slice(text.indexOf(line) + line.length)).toMatch(/^\n.*\[=+ +\] 43\.1 % of 1000/s);
    const bars = text.split("\u001B").filter((part) => part.includes("[="));
    expect(bars).not.toEqual([]);
    for (const bar of bars) expect(bar.slice(bar.indexOf("[=")).length).toBeLessThanOrEqual(60);
  });

  test("a bar that is not a terminal's still ends with the last line", () => {
    const text = shown("bar", (progress) => {
      progress.show(snapshot);
      progress.end(snapshot, "complete", 1000);
    });
    expect(text).toContain("complete: 431 ids");
  });
});

test("words for times, rates and shares", () => {
  expect([0, 999, 1000, 59_949, 61_000, 7_384_000].map(duration)).toEqual([
    "0ms",
    "999ms",
    "1.0s",
    "59.9s",
    "1m01s",
    "2h03m",
  ]);
  expect([0, 12.34, 250.6].map(perSecond)).toEqual(["0.0/s", "12.3/s", "251/s"]);
  expect([0, 0.9999, 1].map(percent)).toEqual(["0.0 %", "99.9 %", "100 %"]);
});
