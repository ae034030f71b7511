import type { DeadLetter, Inspection, Status, Verification, WorkerReport } from "@fleet/backfill";

import { duration, percent, perSecond } from "./words.ts";

/** A run for a person to read. */
export function statusText(status: Status): string {
  const { ids, chunks, counts, workers, etaMs, progress } = status;
  const lines = [
    `run        ${status.name}: ${status.state}, ${sourceText(status.source)}, created ${new Date(status.createdAt).toISOString()}`,
    `ids        ${ids.done} done${ids.total === undefined ? "" : ` of ${ids.total}`}${progress === undefined ? "" : ` (${percent(progress)})`}${ids.waiting === undefined ? "" : `, ${ids.waiting} to come`}, ${ids.dead} dead`,
    `speed      ${perSecond(status.idsPerSecond)}${etaMs === undefined || status.state !== "running" ? "" : `, ${duration(etaMs)} to go`}`,
    `chunks     of ${status.chunkSize}: ${chunks.done} done${chunks.total === undefined ? "" : ` of ${chunks.total}`}, ${chunks.leased} in hand, ${chunks.retrying} to retry, ${chunks.suspect} suspect`,
    `so far     ${counts.retried} ids retried, ${counts.crashed} chunks lost with their worker, ${counts.fenced} fenced, ${counts.handedBack} handed back`,
  ];
  if (status.completedAt !== undefined)
    lines.push(`completed  ${new Date(status.completedAt).toISOString()}`);
  lines.push(`workers    ${workersText(workers)}`, ...workers.map(workerLine));
  return `${lines.join("\n")}\n`;
}

function workersText(workers: readonly WorkerReport[]): string {
  const dead = workers.filter(({ isDead }) => isDead).length;
  const alive = workers.length - dead;
  return `${alive === 0 ? "none" : alive}${dead === 0 ? "" : `, and ${dead} dead`}`;
}

function sourceText(source: Status["source"]): string {
  switch (source.kind) {
    case "range":
      return `ids ${source.from}..${source.to}`;
    case "ids":
      return `${source.count} ids`;
    case "stream":
      return `stream ${source.key} as ${source.group}`;
    default:
      return `list ${source.key}`;
  }
}

function workerLine({
  worker,
  seenAgoMs,
  isDead,
  state,
  held,
  hub,
  database,
  gates,
  idsPerSecond,
}: WorkerReport): string {
  if (isDead) return `  ${worker}  dead, held ${held} chunks, seen ${duration(seenAgoMs)} ago`;
  const shut = (["hub", "database"] as const)
    .filter((name) => !gates[name])
    .map((name) => `, ${name} breaker open`);
  return `  ${worker}  ${state}, ${held} chunks, hub ${hub.used}/${hub.limit}, database ${database.used}/${database.limit}, ${perSecond(idsPerSecond)}, seen ${duration(seenAgoMs)} ago${shut.join("")}`;
}

/** A line per dead letter: the id, why it was given up, its last error. */
export function letterLine({ id, reason, attempts, crashes, error, at }: DeadLetter): string {
  const why =
    reason === "crashes" ? `${crashes} crashes` : reason === "attempts" ? `${attempts} attempts` : reason;
  const last = error === undefined ? "" : `  ${[error.code, error.message].filter(Boolean).join(" ")}`;
  return `${id}  ${why}  ${new Date(at).toISOString()}${last}\n`;
}

export function inspectionText(id: string, inspection: Inspection): string {
  switch (inspection.state) {
    case "dead":
      return `${id} is dead: ${letterLine(inspection.letter).slice(id.length + 2)}`;
    case "leased": {
      const { chunk, token, leaseLeftMs } = inspection;
      const left = leaseLeftMs < 0 ? "expired, to be taken over" : `${duration(leaseLeftMs)} left`;
      return `${id} is in hand: chunk ${chunk}, token ${token}, lease ${left}\n`;
    }
    case "waiting": {
      const { chunk, attempts, crashes, dueInMs } = inspection;
      return `${id} waits for its next try: chunk ${chunk}, ${attempts} attempts and ${crashes} crashes so far, due in ${duration(Math.max(0, dueInMs))}\n`;
    }
    default:
      return `${id} is ${inspection.state}\n`;
  }
}

export function verificationText(found: Verification): string {
  const { expected, done, empty, dead, seen, ahead } = found;
  const lines = [
    `run   ${done} of ${expected} ids done: ${empty} with nothing to write, ${dead} dead`,
    `sink  ${seen} ids${ahead === 0 ? "" : `, ${ahead} of them not acknowledged yet`}`,
    ...discrepancy("missing", found.missing),
    ...discrepancy("unexpected", found.unexpected),
    found.clean ? "clean" : "not clean",
  ];
  return `${lines.join("\n")}\n`;
}

function discrepancy(what: string, { count, ids }: Verification["missing"]): string[] {
  const shown = ids.slice(0, 10).join(", ");
  return count === 0 ? [] : [`${what}  ${count}: ${shown}${count > 10 ? ", ..." : ""}`];
}
