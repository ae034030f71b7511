import type { Backfill, Fetch, Worker, WorkerOptions } from "@fleet/backfill";

import type { Config } from "../config/config-schema.ts";
import type { LoadedConfig } from "../config/config.ts";
import { type Breakers, breakersOf } from "../parts/breakers.ts";
import { openRun } from "../parts/open-run.ts";
import { importJob, originOf, openJobStore } from "../parts/parts.ts";
import { idsToProbe, probeHub } from "../parts/probe-hub.ts";
import { readSource } from "../parts/read-source.ts";
import type { Store } from "../sinks/store.ts";
import { Empties } from "../watch/empties.ts";
import { openHealthPort } from "../watch/health-port.ts";
import { logEvents, openLog } from "../watch/log.ts";
import { openMetrics } from "../watch/metrics.ts";
import { Monitor } from "../watch/monitor.ts";
import { openProgress } from "../watch/progress.ts";

/** Where a command is run. */
export interface Surroundings {
  readonly version: string;
  readonly json: boolean;
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly error: NodeJS.WritableStream;
}

/**
 * Works until the run is complete, or until a signal ends it: the first SIGTERM or SIGINT lets what is under way
 * finish and hands the rest back, the second ends at once.
 *
 * @returns the exit code: 0, or 3 when the run is complete with dead letters.
 * @throws what keeps it from starting, before anything is claimed; what ends it.
 */
export async function start(
  loaded: LoadedConfig,
  { version, json, out, error }: Surroundings,
): Promise<number> {
  const { config } = loaded;
  await using opened = new AsyncDisposableStack();
  const isBar = out.isTTY === true && !json;
  const progress = openProgress(json ? "json" : isBar ? "bar" : "lines", { out, error });
  opened.use(progress);
  const log = openLog(config.logLevel, (line) => progress.note(line));
  opened.use(logEvents(log));
  opened.use(
    onHangUp(() => log.warn("SIGHUP: nothing is read again; a changed configuration needs a restart")),
  );

  const source = await readSource(config);
  const job = await importJob(loaded);
  opened.defer(() => job.close?.());
  const { fetch, ask } = originOf(loaded, job, version);
  const store = opened.use(await openJobStore(loaded, job));
  const known = source === undefined ? opened.use(await openRun(config)) : undefined;
  if (ask !== undefined && config.hubProbe) {
    const ids = idsToProbe(source ?? (await known?.status())?.source);
    const trouble = await probeHub(ask, ids, config.fetchTimeoutMs);
    if (trouble !== undefined)
      log.warn(
        { trouble },
        trouble.includes("hubUrl") ? "the hub has nothing" : "the hub does not answer yet",
      );
  }
  await store.prepare();
  const backfill = known ?? opened.use(await openRun(config, source));

  const breakers = breakersOf(config);
  const worker = workerOf(backfill, config, { fetch, store, breakers });
  // If anything below fails, no chunk stays claimed.
  opened.defer(() => worker.close({ graceMs: 0 }));
  const everyMs = config.progressMs ?? (isBar ? 1000 : 10_000);
  const monitor = opened.use(new Monitor(backfill, worker, breakers, everyMs, (now) => progress.show(now)));
  await monitor.look();
  if (config.listenPort !== undefined) {
    const metrics = opened.use(openMetrics(() => monitor.snapshot));
    const { listenHost: host, listenPort: port } = config;
    const open = await openHealthPort({ host, port, metrics, snapshot: () => monitor.snapshot });
    opened.use(open);
    log.info({ url: open.url }, "listening");
  }
  log.info({ run: backfill.name, worker: worker.id }, "working");

  const startedAt = performance.now();
  using empties = new Empties();
  using _signals = onSignal(
    () => {
      log.info("draining");
      void worker.close({ graceMs: config.graceMs });
    },
    () => progress[Symbol.dispose](),
  );
  const outcome = await worker.start();
  monitor[Symbol.dispose]();
  const last = await monitor.look();
  progress.end(last, outcome, performance.now() - startedAt, empties.count);
  return outcome === "complete" && (last.status?.ids.dead ?? 0) > 0 ? 3 : 0;
}

interface Parts {
  readonly fetch: Fetch<unknown>;
  readonly store: Store;
  readonly breakers: Breakers;
}

function workerOf(backfill: Backfill, config: Config, { fetch, store, breakers }: Parts): Worker {
  const { burst, exitOnComplete, label } = config;
  const options: WorkerOptions<unknown> = {
    fetch,
    sink: store,
    limits: {
      hub: config.hubConcurrency,
      database: config.databaseConcurrency,
      requestsPerSecond: config.requestsPerSecond,
      buffer: config.buffer,
      claim: config.claim,
      ...(burst !== undefined && { burst }),
    },
    gates: breakers,
    pressure: () => store.pressure(),
    attempts: config.attempts,
    awayAttempts: config.awayAttempts,
    crashLimit: config.crashLimit,
    leaseMs: config.leaseMs,
    retryMinDelayMs: config.retryMinDelayMs,
    retryMaxDelayMs: config.retryMaxDelayMs,
    fetchTimeoutMs: config.fetchTimeoutMs,
    writeTimeoutMs: config.writeTimeoutMs,
    maxLossMs: config.maxLossMs,
    ...(exitOnComplete !== undefined && { exitOnComplete }),
    ...(label !== undefined && { label }),
  };
  return backfill.worker(options);
}

/** A terminal that closes and an operator that wants a reload send it: by default it would end the process in the middle of things. */
function onHangUp(report: () => void): Disposable {
  process.on("SIGHUP", report);
  return { [Symbol.dispose]: () => void process.off("SIGHUP", report) };
}

/** The first signal ends the work, the second ends the process at once. */
function onSignal(ask: () => void, leave: () => void): Disposable {
  let isAsked = false;
  const listener = (): void => {
    if (!isAsked) {
      isAsked = true;
      return ask();
    }
    leave();
    process.exit(1);
  };
  process.on("SIGTERM", listener).on("SIGINT", listener);
  return { [Symbol.dispose]: () => void process.off("SIGTERM", listener).off("SIGINT", listener) };
}
