import { setTimeout as sleep } from "node:timers/promises";

import type { Source, Status } from "@fleet/backfill";

import { HubError } from "../errors.ts";
import type { AskHub, HubAnswer } from "./hub.ts";

/** What only an operator can mend. Anything else may be over in a minute. */
const final = new Set([
  "FLEET_WORKER_HUB_NOT_JSON",
  "FLEET_WORKER_HUB_PORT",
  "FLEET_WORKER_HUB_REFUSED",
  "FLEET_WORKER_HUB_UNKNOWN",
]);

/** Ids that are asked for at most. */
const most = 5;

/** Ids to ask for, the first and the last among them, where ids are known beforehand. */
export function idsToProbe(source: Source | Status["source"] | undefined): readonly string[] {
  if (source?.kind === "range") {
    const { from, to } = source;
    return spread(to - from + 1).map((at) => String(from + at));
  }
  if (source?.kind !== "ids" || !("ids" in source)) return [];
  return spread(source.ids.length).map((at) => source.ids[at]!);
}

function spread(count: number): readonly number[] {
  const many = Math.min(most, count);
  return Array.from({ length: many }, (_, at) => Math.round((at * (count - 1)) / Math.max(1, many - 1)));
}

/** Times that an id is asked for while the hub is away, and how long the pauses between are, in milliseconds. */
const times = 3;
const pauseMs = 500;

/**
 * Asks the hub before any work is claimed: for one id, and for more only where it answers 404 or 410, which may be an id that
 * it has not or a path that is wrong, or 403, which may be for that id or for all. A hub that is away is
 * asked again.
 *
 * @returns what an operator should know although the start goes on: it does not answer yet, or has none of the ids.
 * @throws HubError for a wrong URL, host, port or token, and when it has a page of HTML for every one of the ids.
 */
export async function probeHub(
  ask: AskHub,
  ids: readonly string[],
  timeoutMs: number,
): Promise<string | undefined> {
  let [pages, refusal] = [0, undefined as Error | undefined];
  let hasRest = false;
  for (const id of ids) {
    try {
      const { isMissing, isMissingPage } = await patiently(ask, id, timeoutMs);
      if (!isMissing) return refusal?.message;
      hasRest = true;
      if (isMissingPage) pages += 1;
    } catch (error) {
      const { code, message } = error as { readonly code?: string; readonly message: string };
      // 403 may be for that id alone; a token or a method that is refused is so for all.
      if (code !== "FLEET_WORKER_HUB_REFUSED" || !message.endsWith(" 403")) {
        if (final.has(code ?? "")) throw error;
        return message;
      }
      refusal = error as Error;
    }
  }
  if (ids.length === 0) return undefined;
  if (refusal !== undefined && !hasRest) throw refusal;
  const asked = `for every id that was asked for (${ids.join(", ")})`;
  if (pages < ids.length) return `the hub has nothing ${asked}: look at the path in hubUrl`;
  throw new HubError(
    "FLEET_WORKER_HUB_PATH",
    `the hub answered 404 with a page of HTML ${asked}: look at the path in hubUrl; a hub that really has none of them is for hubProbe: false`,
  );
}

/** The answer, also of a hub that was away for a moment. A hub that asks for a pause is not asked again. */
async function patiently(ask: AskHub, id: string, timeoutMs: number): Promise<HubAnswer> {
  for (let time = 1; ; time += 1) {
    try {
      return await ask(id, { signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      const { code, isAway } = error as { readonly code?: string; readonly isAway?: boolean };
      if (code !== "FLEET_WORKER_HUB_STATUS" || isAway !== true || time === times) throw error;
      await sleep(pauseMs);
    }
  }
}
