import type { Fetch } from "@fleet/backfill";

/** What only a person can mend. Anything else may be over in a minute. */
const final = new Set(["FLEET_WORKER_HUB_NOT_JSON", "FLEET_WORKER_HUB_REFUSED", "FLEET_WORKER_HUB_UNKNOWN"]);

/**
 * Asks the hub for one id before any work is claimed.
 *
 * @returns why it did not answer, where it may do so later.
 * @throws HubError for a wrong URL, host or token.
 */
export async function probeHub(
  fetch: Fetch<unknown>,
  id: string,
  timeoutMs: number,
): Promise<string | undefined> {
  try {
    await fetch(id, { signal: AbortSignal.timeout(timeoutMs), attempt: 1, token: 0 });
    return undefined;
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (final.has(code ?? "")) throw error;
    return message;
  }
}
