import { countOf, type RunDefinition } from "../protocol/definition.ts";
import type { WorkerStats } from "../protocol/worker-stats.ts";
import type { Status, WorkerReport } from "./status.ts";

/** What the script `survey` answers. */
export interface Survey {
  readonly now: number;
  readonly state: "loading" | "running" | "paused";
  readonly total?: number;
  readonly cursor: number;
  readonly done: number;
  readonly leased: number;
  readonly retrying: number;
  readonly suspect: number;
  readonly dead: number;
  readonly oldest?: number;
  readonly counts: Readonly<Record<string, string>>;
  readonly workers: Readonly<Record<string, string>>;
  readonly created: number;
  readonly completed?: number;
  readonly isLastDone?: number;
  readonly waiting?: number;
  /** Of a stream or a list: ids that were taken and are not through. */
  readonly open?: number;
}

/** A speed below the one, or an ETA beyond the other, is not shown: an id in 100 seconds, ten years. */
const least = { idsPerSecond: 0.01 };
const most = { etaMs: 10 * 365 * 86_400_000 };

export function statusOf(name: string, definition: RunDefinition, survey: Survey): Status {
  const total = countOf(definition);
  const workers = Object.entries(survey.workers).map(([worker, text]) => reportOf(worker, text, survey.now));
  const idsPerSecond = workers
    .filter(({ isDead }) => !isDead)
    .reduce((sum, report) => sum + report.idsPerSecond, 0);
  const done = doneIds(definition, survey, total);
  const left = total === undefined ? undefined : total - done;
  return {
    name,
    source: sourceOf(definition),
    state: stateOf(survey),
    chunkSize: definition.chunkSize,
    chunks: {
      total: survey.total,
      handedOut: survey.cursor,
      done: survey.done,
      leased: survey.leased,
      retrying: survey.retrying,
      suspect: survey.suspect,
    },
    ids: { total, done, dead: survey.dead, waiting: survey.waiting },
    progress: total === undefined ? undefined : done / total,
    idsPerSecond,
    etaMs: left === undefined ? undefined : etaOf(left, idsPerSecond, workers),
    counts: {
      claimed: countIn(survey, "claimed"),
      done: countIn(survey, "done"),
      fenced: countIn(survey, "fenced"),
      crashed: countIn(survey, "crashed"),
      handedBack: countIn(survey, "handedBack"),
      retried: countIn(survey, "retried"),
      dead: countIn(survey, "dead"),
    },
    oldestLeaseLeftMs: survey.oldest,
    workers,
    createdAt: survey.created,
    completedAt: survey.completed,
  };
}

function etaOf(left: number, idsPerSecond: number, workers: readonly WorkerReport[]): number | undefined {
  if (left === 0) return 0;
  const isHeldUp = workers.every(({ isDead, gates }) => isDead || !gates.hub || !gates.database);
  if (isHeldUp || idsPerSecond < least.idsPerSecond) return undefined;
  const etaMs = (left / idsPerSecond) * 1000;
  return etaMs > most.etaMs ? undefined : etaMs;
}

function countIn(survey: Survey, name: string): number {
  return Number(survey.counts[name] ?? 0);
}

function stateOf({
  state,
  total,
  done,
  cursor,
  leased,
  retrying,
  suspect,
  waiting,
}: Survey): Status["state"] {
  if (total !== undefined) return done === total ? "complete" : state;
  const isThrough = cursor > 0 && leased + retrying + suspect === 0 && waiting === 0;
  return isThrough && state === "running" ? "drained" : state;
}

/** Chunks times their size, less what the last one is short of it; of a stream or a list what was taken and is not open. */
function doneIds(definition: RunDefinition, survey: Survey, total: number | undefined): number {
  if (survey.open !== undefined) return countIn(survey, "taken") - survey.open;
  const full = survey.done * definition.chunkSize;
  if (total === undefined || survey.total === undefined || survey.isLastDone !== 1) return full;
  return full - (survey.total * definition.chunkSize - total);
}

function reportOf(worker: string, text: string, now: number): WorkerReport {
  const split = text.indexOf(" ");
  const seenAgoMs = now - Number(text.slice(0, split));
  const { leaseMs, ...stats } = JSON.parse(text.slice(split + 1)) as WorkerStats & {
    readonly leaseMs: number;
  };
  return { worker, seenAgoMs, isDead: seenAgoMs > leaseMs, ...stats };
}

function sourceOf(definition: RunDefinition): Status["source"] {
  switch (definition.kind) {
    case "range":
      return { kind: "range", from: definition.from, to: definition.to };
    case "ids":
      return { kind: "ids", count: definition.count };
    case "stream":
      return { kind: "stream", key: definition.key, group: definition.group };
    default:
      return { kind: "list", key: definition.key };
  }
}
