import type { WorkerOutcome } from "@fleet/backfill";
import { MultiBar, type SingleBar } from "cli-progress";

import type { Snapshot } from "./monitor.ts";
import { duration, percent, perSecond } from "./words.ts";

/** How a run is shown while it goes on. Disposed, it leaves the terminal as it was. */
export interface Progress extends Disposable {
  show(snapshot: Snapshot): void;
  /** A line of the log: a bar must not be written into. */
  note(line: string): void;
  /** @param empty ids of this worker that the hub had nothing of. */
  end(snapshot: Snapshot, outcome: WorkerOutcome, tookMs: number, empty?: number): void;
}

interface Streams {
  readonly out: NodeJS.WritableStream;
  readonly error: NodeJS.WritableStream;
}

/** JSON lines for a program, a bar for a person at a terminal, plain lines otherwise. */
export function openProgress(form: "json" | "bar" | "lines", { out, error }: Streams): Progress {
  const say = (line: string): void => void out.write(`${line}\n`);
  const note = (line: string): void => void error.write(line);
  if (form === "bar") return new Bar(out);
  if (form === "json")
    return {
      note,
      show: (snapshot) => say(json("progress", snapshot, {})),
      end: (snapshot, outcome, tookMs, empty = 0) =>
        say(json("end", snapshot, { outcome, tookMs: Math.round(tookMs), empty })),
      [Symbol.dispose]: () => undefined,
    };
  return {
    note,
    show: (snapshot) => say(`${new Date().toISOString()} ${progressLine(snapshot)}`),
    end: (snapshot, outcome, tookMs, empty) => say(endLine(snapshot, outcome, tookMs, empty)),
    [Symbol.dispose]: () => undefined,
  };
}

class Bar implements Progress {
  readonly #bars: MultiBar;
  readonly #out: NodeJS.WritableStream;
  #bar: SingleBar | undefined;

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
    this.#bars = new MultiBar({
      stream: out,
      format: "[{bar}] {text}",
      barCompleteChar: "=",
      barIncompleteChar: " ",
      barsize: 24,
      hideCursor: true,
      // The bar is cut to the width all the same; a line of the log must not be.
      linewrap: true,
      // Redrawn when there is something new.
      fps: 4,
      emptyOnZero: true,
      gracefulExit: false,
    });
  }

  show(snapshot: Snapshot): void {
    const { total = 0, done = 0 } = snapshot.status?.ids ?? {};
    this.#bar ??= this.#bars.create(total, 0, { text: "" });
    this.#bar.setTotal(total);
    this.#bar.update(done, { text: progressLine(snapshot) });
  }

  note(line: string): void {
    this.#bars.log(line);
    this.#bars.update();
  }

  end(snapshot: Snapshot, outcome: WorkerOutcome, tookMs: number, empty?: number): void {
    this.show(snapshot);
    this[Symbol.dispose]();
    this.#out.write(`${endLine(snapshot, outcome, tookMs, empty)}\n`);
  }

  [Symbol.dispose](): void {
    // Where nothing is drawn it would move the cursor.
    if (this.#bars.isActive) this.#bars.stop();
  }
}

function json(event: string, snapshot: Snapshot, more: object): string {
  const { status: run, isCurrent, stats: worker, breakers } = snapshot;
  return JSON.stringify({ at: new Date().toISOString(), event, ...more, run, isCurrent, worker, breakers });
}

/** `43.1 % of 10000, 12.3/s, ETA 7m42s, in flight 40, hub 5/5, database 2/8, dead 1, workers 2` */
export function progressLine({ status, isCurrent, stats, breakers }: Snapshot): string {
  const parts: string[] = [];
  if (status !== undefined) {
    const { ids, progress, idsPerSecond, etaMs } = status;
    parts.push(
      ids.total === undefined || progress === undefined
        ? `${ids.done} done${ids.waiting === undefined ? "" : `, ${ids.waiting} to come`}`
        : `${percent(progress)} of ${ids.total}`,
      // Workers report their speed to Redis now and then; that of this worker is known exactly.
      perSecond(Math.max(idsPerSecond, stats.idsPerSecond)),
    );
    if (etaMs !== undefined && status.state === "running") parts.push(`ETA ${duration(etaMs)}`);
  }
  parts.push(
    `in flight ${stats.buffer.used}`,
    `hub ${stats.hub.used}/${stats.hub.limit}`,
    `database ${stats.database.used}/${stats.database.limit}`,
  );
  for (const name of ["hub", "database"] as const)
    if (breakers[name] !== "closed") parts.push(`${name} breaker ${breakers[name]}`);
  if (status !== undefined && status.ids.dead > 0) parts.push(`dead ${status.ids.dead}`);
  const alive = status?.workers.filter(({ isDead }) => !isDead).length ?? 0;
  if (alive > 1) parts.push(`workers ${alive}`);
  if (status?.state === "paused" || stats.state === "draining") parts.push(stats.state);
  if (!isCurrent) parts.push("Redis does not answer");
  return parts.join(", ");
}

function endLine({ status, stats }: Snapshot, outcome: WorkerOutcome, tookMs: number, empty = 0): string {
  const dead = status?.ids.dead ?? 0;
  const own = `${stats.done} by this worker in ${duration(tookMs)}`;
  if (outcome === "stopped")
    return `stopped: ${own}; ${stats.handedBack} chunks handed back. Start again to go on.`;
  const whole = status === undefined ? own : `${status.ids.done} ids, ${own}`;
  const none = empty === 0 ? "" : `; ${empty} had nothing`;
  return `complete: ${whole}${none}${dead === 0 ? "" : `; ${dead} dead, see fleet-worker inspect`}`;
}
