import type { Backfill, DeadLetterSelection } from "@fleet/backfill";

import type { Question } from "../cli.ts";
import type { LoadedConfig } from "../config/config.ts";
import { openRun } from "../parts/open-run.ts";
import { importJob, openJobStore } from "../parts/parts.ts";
import { isThere } from "../sinks/open-store.ts";
import { inspectionText, letterLine, statusText, verificationText } from "../watch/status-text.ts";
import type { Surroundings } from "./start.ts";

/**
 * Answers a question about a run, or passes an order on.
 *
 * @returns the exit code: 0, or 3 when the sink does not have what it should.
 * @throws RunNotFoundError, and what keeps it from answering.
 */
export async function answer(
  question: Question,
  loaded: LoadedConfig,
  { out, json }: Surroundings,
): Promise<number> {
  const say = (text: string, value: unknown): void =>
    void out.write(json ? `${JSON.stringify(value)}\n` : text);
  await using backfill = await openRun(loaded.config);
  switch (question.run) {
    case "status": {
      const status = await backfill.status();
      say(statusText(status), status);
      return 0;
    }
    case "pause":
      await backfill.pause();
      say("paused: nothing more is claimed\n", { paused: true });
      return 0;
    case "resume":
      await backfill.resume();
      say("resumed\n", { paused: false });
      return 0;
    case "retry": {
      const retried = await backfill.retry(selection(question.ids));
      say(`${retried} dead letters have a new start\n`, { retried });
      return 0;
    }
    case "purge-dead": {
      const forgotten = await backfill.discard(selection(question.ids));
      say(`${forgotten} dead letters are forgotten\n`, { forgotten });
      return 0;
    }
    case "purge-run":
      await backfill.purge();
      say(`the run ${backfill.name} is forgotten\n`, { purged: backfill.name });
      return 0;
    case "inspect":
      return await inspect(backfill, question.id, say);
    default:
      return await verify(backfill, loaded, say);
  }
}

type Say = (text: string, value: unknown) => void;

const selection = (ids: readonly string[]): DeadLetterSelection => (ids.length === 0 ? {} : { ids });

async function inspect(backfill: Backfill, id: string | undefined, say: Say): Promise<number> {
  if (id !== undefined) {
    const inspection = await backfill.inspect(id);
    say(inspectionText(id, inspection), { id, ...inspection });
    return 0;
  }
  let count = 0;
  for await (const letter of backfill.deadLetters()) {
    say(letterLine(letter), letter);
    count += 1;
  }
  if (count === 0) say("no dead letters\n", undefined);
  return 0;
}

async function verify(backfill: Backfill, loaded: LoadedConfig, say: Say): Promise<number> {
  await using opened = new AsyncDisposableStack();
  const job = await importJob(loaded);
  opened.defer(() => job.close?.());
  const isEmpty = job.write === undefined && !isThere(loaded.config);
  const store = isEmpty ? undefined : opened.use(await openJobStore(loaded, job));
  const found = await backfill.verify(store?.ids() ?? []);
  say(verificationText(found), found);
  return found.clean ? 0 : 3;
}
