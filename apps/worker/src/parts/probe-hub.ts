import type { Source, Status } from "@fleet/backfill";

import { HubError } from "../errors.ts";
import type { AskHub } from "./hub.ts";

/** What only a person can mend. Anything else may be over in a minute. */
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

/**
 * Asks the hub before any work is claimed: for one id, and for more only where it answers 404 with a page of HTML, which may
 * be an id that it has not or a path that is wrong.
 *
 * @returns why it did not answer, where it may do so later.
 * @throws HubError for a wrong URL, host, port or token, and when it has such a page for every one of the ids.
 */
export async function probeHub(
  ask: AskHub,
  ids: readonly string[],
  timeoutMs: number,
): Promise<string | undefined> {
  try {
    for (const id of ids) {
      const { isMissingPage } = await ask(id, { signal: AbortSignal.timeout(timeoutMs) });
      if (!isMissingPage) return undefined;
    }
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (final.has(code ?? "")) throw error;
    return message;
  }
  if (ids.length === 0) return undefined;
  throw new HubError(
    "FLEET_WORKER_HUB_PATH",
    `the hub answered 404 with a page of HTML for every id that was asked for (${ids.join(", ")}): look at the path in hubUrl; a hub that really has none of them is for hubProbe: false`,
  );
}
