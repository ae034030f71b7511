import { ApiError } from "./api-error.ts";
import { Interruption } from "./interruption.ts";

/** What the end of a watch, or of a list, means for the next attempt. */
export interface Verdict {
  /** One of a few words. */
  readonly reason: string;
  /** Whether a whole set is read next, since this version leads no further. */
  readonly relists: boolean;
  /** Whether who answers next may have another past. */
  readonly isDoubtful: boolean;
  /** Whether the next attempt comes at once, and nobody needs to hear of this one. */
  readonly isNormal: boolean;
}

/** Failures in a row after which a version is given up that the server cannot go on from, although it does not say so. */
const patience = 3;

/** @param failures how many there were in a row before this one. */
export function verdictOf(error: unknown, failures: number): Verdict {
  if (error instanceof Interruption) {
    const { reason } = error;
    return { reason, relists: true, isDoubtful: reason !== "unstreamed", isNormal: true };
  }
  const { code, status } = error instanceof ApiError ? error : {};
  const reason = status === 410 ? "expired" : reasonOf(error);
  // The first time it is how a server forgets; again and again it is a fault.
  if (status === 410) return { reason, relists: true, isDoubtful: false, isNormal: failures === 0 };
  const isBroken = code === "FLEET_DISCOVERY_API_UNREACHABLE" || code === "FLEET_DISCOVERY_API_TIMEOUT";
  const isDoubtful = isBroken || (status !== undefined && status >= 500);
  // The version is not what they have against us.
  const waits = isBroken || code === undefined || status === 401 || status === 403 || status === 429;
  const isRefused = status !== undefined && status < 500;
  return { reason, relists: !waits && (isRefused || failures + 1 >= patience), isDoubtful, isNormal: false };
}

/** Whether a server that answers so does not stream whole sets: it knows the request, and does not like what it asks for. */
export function refusesStreaming(error: unknown): boolean {
  const { status = 0 } = error instanceof ApiError ? error : {};
  return status >= 400 && status < 500 && ![401, 403, 408, 410, 429].includes(status);
}

/** The code of an error in one word. */
function reasonOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  const word = /^FLEET_DISCOVERY_(?:API_)?([A-Z]+)$/.exec(String(code))?.[1];
  return word?.toLowerCase() ?? "failed";
}
