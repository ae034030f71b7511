import type { Fetch } from "@fleet/backfill";

import type { LoadedConfig } from "../config/config.ts";
import { ConfigurationError, UnansweredError } from "../errors.ts";
import { openStore } from "../sinks/open-store.ts";
import type { Store } from "../sinks/store.ts";
import { type AskHub, openHub } from "./hub.ts";
import { type Job, loadJob } from "./job.ts";

/** Imports the user's module, where there is one, before anything else happens. */
export async function importJob({ config, sources }: LoadedConfig): Promise<Job> {
  const job = config.job === undefined ? {} : await loadJob(config.job);
  const faults: string[] = [];
  if (job.fetch !== undefined && config.hubUrl !== undefined)
    faults.push("hubUrl: the job exports fetch; there is one way to fetch");
  if (job.write !== undefined && sources.get("sink") !== "default")
    faults.push("sink: the job exports write; there is one way to write");
  if (faults.length > 0) throw new ConfigurationError(faults);
  return job;
}

/** Where ids are fetched from; `ask` where that is a hub. */
interface Origin {
  readonly fetch: Fetch<unknown>;
  readonly ask: AskHub | undefined;
}

/** @throws ConfigurationError when there is nothing to fetch with. */
export function originOf({ config }: LoadedConfig, job: Job, version: string): Origin {
  if (job.fetch !== undefined) return { fetch: job.fetch, ask: undefined };
  const { hubUrl } = config;
  if (hubUrl === undefined)
    throw new ConfigurationError([
      "hubUrl: there is nothing to fetch with; give it, or a job that exports fetch",
    ]);
  const ask = openHub({ ...config, hubUrl }, version);
  return { fetch: async (id, options) => (await ask(id, options)).value, ask };
}

/** Opens what is written to: the sink, or the job's own. @throws SinkError. */
export async function openJobStore({ config }: LoadedConfig, { write, ids }: Job): Promise<Store> {
  if (write === undefined) return openStore(config);
  return {
    write,
    prepare: async () => undefined,
    pressure: () => 0,
    ids: async function* () {
      if (ids === undefined)
        throw new UnansweredError("the job exports no `ids`, so what it has stored is not known");
      yield* ids();
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
