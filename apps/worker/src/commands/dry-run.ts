import { type Backfill, type Fetch, RunNotFoundError, type Source } from "@fleet/backfill";
import { withoutSecrets } from "@fleet/settings";

import type { Config } from "../config/config-schema.ts";
import type { LoadedConfig } from "../config/config.ts";
import { openRun } from "../parts/open-run.ts";
import { importJob, originOf, openJobStore } from "../parts/parts.ts";
import { idsToProbe, probeHub } from "../parts/probe-hub.ts";
import { readSource } from "../parts/read-source.ts";
import { reasonOf } from "../parts/reason-of.ts";
import { isThere } from "../sinks/open-store.ts";
import { statusText } from "../watch/status-text.ts";
import { duration } from "../watch/words.ts";
import type { Surroundings } from "./start.ts";

/** Ids that are fetched to see what comes. */
const tried = 3;

/**
 * Shows what `start` would do: everything is checked and opened as it would be, a few ids are fetched, and nothing is written,
 * created or claimed.
 *
 * @returns the exit code: 0, or 3 when an id could not be fetched.
 * @throws what would keep it from starting.
 */
export async function dryRun(loaded: LoadedConfig, { version, out }: Surroundings): Promise<number> {
  const { config } = loaded;
  await using opened = new AsyncDisposableStack();
  const say = (line: string): void => void out.write(`${line}\n`);

  const source = await readSource(config);
  const job = await importJob(loaded);
  opened.defer(() => job.close?.());
  const { fetch, ask } = originOf(loaded, job, version);
  const isNew = job.write === undefined && !isThere(config);
  if (!isNew) opened.use(await openJobStore(loaded, job));
  const where = job.write === undefined ? withoutSecrets(config.sink) : "the job's write";
  say(`sink: ${where}${isNew ? ", which would be created" : ""}`);

  const backfill = await existing(config, source);
  if (backfill === undefined) say(`run: ${config.name} would be created${extent(source, config)}`);
  else {
    opened.use(backfill);
    say(statusText(await backfill.status()).trimEnd());
  }
  let [failed, nothing] = [0, 0];
  for (const id of idsOf(source)) {
    const answer = await attempt(fetch, id, config.fetchTimeoutMs);
    say(`fetch ${id}: ${answer.text}`);
    if (!answer.ok) failed += 1;
    if (answer.isNothing) nothing += 1;
  }
  // What would keep `start` from starting: asked only where it may be so.
  const ids = nothing > 0 && ask !== undefined && config.hubProbe ? idsToProbe(source) : [];
  if (ask !== undefined) await probeHub(ask, ids, config.fetchTimeoutMs);
  say("nothing was written, created or claimed");
  return failed === 0 ? 0 : 3;
}

/** The run where there is one; what is asked for must fit it, or be enough to create one. */
async function existing(config: Config, source: Source | undefined): Promise<Backfill | undefined> {
  let backfill: Backfill;
  try {
    backfill = await openRun(config);
  } catch (error) {
    if (error instanceof RunNotFoundError && source !== undefined) return undefined;
    throw error;
  }
  await backfill.close();
  return openRun(config, source);
}

function idsOf(source: Source | undefined): readonly string[] {
  if (source?.kind === "ids") return source.ids.slice(0, tried);
  if (source?.kind !== "range") return [];
  const { from, to } = source;
  return Array.from({ length: Math.min(tried, to - from + 1) }, (_, index) => String(from + index));
}

function extent(source: Source | undefined, { chunkSize = 50, requestsPerSecond }: Config): string {
  if (source === undefined || source.kind === "stream" || source.kind === "list") return `: ${source?.kind}`;
  const ids = source.kind === "range" ? source.to - source.from + 1 : source.ids.length;
  const least =
    requestsPerSecond === Infinity ? "" : `, ${duration((ids / requestsPerSecond) * 1000)} at least`;
  return `: ${ids} ids in ${Math.ceil(ids / chunkSize)} chunks${least}`;
}

async function attempt(
  fetch: Fetch<unknown>,
  id: string,
  timeoutMs: number,
): Promise<{ readonly ok: boolean; readonly isNothing: boolean; readonly text: string }> {
  const startedAt = performance.now();
  try {
    const value = await fetch(id, { signal: AbortSignal.timeout(timeoutMs), attempt: 1, token: 0 });
    const isNothing = value === undefined;
    const what = isNothing ? "nothing" : `${JSON.stringify(value)?.length ?? 0} characters of JSON`;
    return { ok: true, isNothing, text: `${what} in ${duration(performance.now() - startedAt)}` };
  } catch (error) {
    const { code, message } = (error ?? {}) as { readonly code?: string; readonly message?: string };
    return {
      ok: false,
      isNothing: false,
      text: [code, message].filter(Boolean).join(" ") || reasonOf(error),
    };
  }
}
