import { once } from "node:events";
import { text } from "node:stream/consumers";

import type { DeadLetter, Status, Verification } from "@fleet/backfill";
import { findRedis, seededRandom, startRedis, toldToEnd } from "@fleet/testkit";
import type { ToldToEnd } from "@fleet/testkit";

import { startFault } from "../src/start-fault.ts";
import { percent } from "../src/watch/words.ts";
import { startEmbeddedServer } from "./embedded-server.ts";
import { hopelessId, startLocalHub } from "./local-hub.ts";
import { fleetWorker, WorkerProcess } from "./worker-process.ts";

const say = (line: string): void => console.log(line);

const to = 2000;
/** The hub allows less than the workers are configured for, so that it has to answer 429. */
const hubRate = 180;
const workersRate = 200;
const leaseMs = 3000;

/** `pnpm worker:demo`: two workers, a hub that misbehaves, one kill -9, and the proof that nothing was lost. */
async function demo(): Promise<boolean> {
  const stray = process.argv.slice(2).filter((argument) => argument !== "--");
  if (stray.length > 0) throw new TypeError(`worker:demo takes no options, got ${stray.join(" ")}`);
  const enough = toldToEnd();
  // What it has started ends with it.
  enough.addEventListener("abort", () => process.exit((enough.reason as ToldToEnd).exitCode));
  const redis = await findRedis({ say });
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startRedis({ config: { appendonly: "yes" } }));
  const database = opened.use(await startEmbeddedServer());
  const hub = opened.use(await startLocalHub({ requestsPerSecond: hubRate, random: seededRandom(5) }));
  say(`
A backfill of ${to} ids
  run       ${redis.flavour} ${redis.version} (${redis.how})
  sink      an embedded Postgres, served on loopback
  hub       ${hub.url}: ${hubRate} requests a second, errors, pages of HTML, slow answers
  workers   two processes, together ${workersRate} requests a second
`);

  const environment = {
    FLEET_WORKER_NAME: "demo",
    FLEET_WORKER_REDIS_URL: `redis://${server.host}:${server.port}`,
    FLEET_WORKER_RANGE: `1..${to}`,
    FLEET_WORKER_HUB_URL: hub.url,
    FLEET_WORKER_SINK: database.url,
    FLEET_WORKER_HUB_CONCURRENCY: "16",
    FLEET_WORKER_REQUESTS_PER_SECOND: String(workersRate),
    FLEET_WORKER_CHUNK_SIZE: "10",
    FLEET_WORKER_BUFFER: "80",
    FLEET_WORKER_LEASE_MS: String(leaseMs),
    FLEET_WORKER_RETRY_MIN_DELAY_MS: "200",
    FLEET_WORKER_FETCH_TIMEOUT_MS: "5000",
    FLEET_WORKER_LOG_LEVEL: "error",
  };
  const startedAt = performance.now();
  const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s`;
  let killedAt: number | undefined;
  let takenOverAt: number | undefined;
  const looked = (run: Status): void => {
    const { progress = 0, ids, counts, chunks } = run;
    say(
      `${seconds()}  ${percent(progress).padStart(6)}  ${String(ids.done).padStart(4)} done, ${chunks.leased} chunks in hand, ${counts.retried} ids retried, ${hub.counts.limited} times 429`,
    );
    if (killedAt === undefined && progress >= 0.5) {
      killedAt = performance.now();
      second.kill();
      say(`${seconds()}          kill -9 ${second.name} (process ${second.pid})`);
    }
    if (killedAt !== undefined && takenOverAt === undefined && counts.crashed > 0)
      takenOverAt = performance.now();
  };
  const first = new WorkerProcess("first", environment, looked);
  const second = new WorkerProcess("second", environment, () => undefined);
  const [end, killed] = await Promise.all([first.ended, second.ended]);
  const tookMs = performance.now() - startedAt;

  const status = JSON.parse(await answerTo("status", environment)) as Status;
  const verification = JSON.parse(await answerTo("verify", environment)) as Verification;
  const letter = JSON.parse(await answerTo("inspect", environment)) as DeadLetter;
  const { counts } = hub;
  say(`
Report
  run        ${status.state} after ${(tookMs / 1000).toFixed(1)} s: ${status.ids.done} of ${to} ids, ${verification.empty} with nothing to write, ${verification.dead} dead
  hub        ${counts.requests} requests, at most ${counts.peak} within a second; ${counts.limited} times 429, ${counts.failed} times 502, ${counts.html} pages of HTML, ${counts.slow} slow
  retries    ${status.counts.retried} ids tried again, no attempt burnt by 429
  kill -9    ${status.counts.crashed} chunks lost with their worker, seen taken over after ${takenOverAt === undefined ? "-" : `${((takenOverAt - killedAt!) / 1000).toFixed(1)} s`} (lease ${leaseMs / 1000} s, looked at once a second)
  verify     ${verification.clean ? "clean" : "NOT CLEAN"}: ${verification.missing.count} missing, ${verification.unexpected.count} unexpected, ${verification.seen} in the sink
  dead       ${letter.id}: ${letter.error?.message}`);
  return (
    end.code === 3 &&
    killed.signal === "SIGKILL" &&
    status.state === "complete" &&
    status.counts.crashed > 0 &&
    verification.clean &&
    verification.done === to &&
    verification.dead === 1 &&
    letter.id === String(hopelessId)
  );
}

async function answerTo(command: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const child = fleetWorker([command, "--json"], environment);
  const [answer] = await Promise.all([text(child.stdout!), once(child, "exit")]);
  return answer;
}

try {
  const isWhole = await demo();
  say(isWhole ? "\nnothing was lost" : "\nsomething went wrong");
  process.exitCode = isWhole ? 0 : 1;
} catch (error) {
  console.error(startFault(error).lines.join("\n"));
  process.exitCode = 1;
}
