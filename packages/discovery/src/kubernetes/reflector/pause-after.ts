import { backoff } from "@fleet/time";

import { ApiError } from "../api/api-error.ts";

const minMs = 800;
const maxMs = 30_000;
/** A right is missing until it is given, and then counts at once: asking for it costs the server next to nothing. */
const forbiddenMaxMs = 5000;

/**
 * How long a server is left alone after it failed, in milliseconds: as long as it asks for, and longer with each failure.
 *
 * @param failures in a row, before this one.
 */
export function pauseAfter(error: unknown, failures: number, random: () => number): number {
  const { retryAfterMs = 0, status } = error instanceof ApiError ? error : {};
  return retryAfterMs + backoff(failures, { minMs, maxMs: status === 403 ? forbiddenMaxMs : maxMs, random });
}
