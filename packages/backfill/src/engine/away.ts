/** What Node and its `fetch` say of a connection that was not made or did not hold. */
const connectionCodes = new Set([
  "EAI_AGAIN",
  "EAI_FAIL",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_SOCKET",
]);
const ownCodes = new Set(["FLEET_BACKFILL_AWAY", "FLEET_BACKFILL_CALL_TIMEOUT", "FLEET_BACKFILL_LIMITED"]);

/** Causes of causes that are looked at: an error may be its own cause. */
const deepest = 5;

/**
 * Whether an error says that the hub or the sink is away, and nothing about the id: no connection, no answer in time, or
 * whatever has `isAway: true`. The error or a cause of it decides; all other errors are answers for the id.
 */
export function isAway(error: unknown): boolean {
  let each = error;
  for (let depth = 0; depth < deepest && typeof each === "object" && each !== null; depth += 1) {
    const facts = each as {
      readonly isAway?: unknown;
      readonly code?: unknown;
      readonly cause?: unknown;
      readonly errors?: readonly unknown[] | null;
    };
    if (facts.isAway === true) return true;
    if (typeof facts.code === "string" && (connectionCodes.has(facts.code) || ownCodes.has(facts.code)))
      return true;
    // A host with several addresses fails with an error for each.
    each = facts.cause ?? facts.errors?.[0];
  }
  return false;
}
