import { ApiError, isBroken } from "../api/api-error.ts";
import { Interruption } from "./interruption.ts";

/** What the end of a watch, or of a list, means for the next attempt. */
export interface Verdict {
  /** One of a few words. */
  readonly reason: string;
  /** Whether a whole set is read next, since this version leads no further. */
  readonly relists: boolean;
  /** Whether the server that answers next may have another past. */
  readonly isDoubtful: boolean;
  /** Whether the next attempt comes at once, and this one is not reported. */
  readonly isNormal: boolean;
}

/** Failures in a row after which a version is given up that the server cannot go on from, although it does not say so. */
const patience = 3;

interface Before {
  /** How many there were in a row. */
  readonly failures: number;
  /** Whether the last one was that a version was forgotten. */
  readonly isExpired: boolean;
  /** Whether a whole set was read long before, so that its version may well be too old by now. */
  readonly isAged: boolean;
}

export function verdictOf(error: unknown, { failures, isExpired, isAged }: Before): Verdict {
  if (error instanceof Interruption) {
    const { reason } = error;
    const isDoubtful = reason === "doubtful" || reason === "future";
    return { reason, relists: reason !== "silent", isDoubtful, isNormal: true };
  }
  const { code, status } = error instanceof ApiError ? error : {};
  const reason = status === 410 ? "expired" : reasonOf(error);
  // It is how a server forgets, and what one says that has just come back; again and again it is a fault.
  if (status === 410) return { reason, relists: true, isDoubtful: false, isNormal: isAged || !isExpired };
  const isLost = isBroken(error);
  const isDoubtful = isLost || (status !== undefined && status >= 500);
  // The version is not what they have against us.
  const waits = isLost || code === undefined || status === 401 || status === 403 || status === 429;
  const isRefused = status !== undefined && status < 500;
  return { reason, relists: !waits && (isRefused || failures + 1 >= patience), isDoubtful, isNormal: false };
}

/** Whether a server that answers so does not stream whole sets: it finds the question invalid. */
export function refusesStreaming(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 400 || error.status === 422);
}

/** The code of an error in one word. */
function reasonOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  const word = /^FLEET_DISCOVERY_(?:API_)?([A-Z]+)$/.exec(String(code))?.[1];
  return word?.toLowerCase() ?? "failed";
}
