/** What an error means for retries, breakers and alerts. */
export interface Classification {
  /**
   * `infra` the server or the way to it is sick; `topology` it is fine but not the one to ask; `capacity` it refuses
   * writes; `configuration` people must act; `caller` the command is wrong; `cancelled` the caller left; `overload` this
   * side has too much under way.
   */
  readonly kind: "infra" | "topology" | "capacity" | "configuration" | "caller" | "cancelled" | "overload";
  /** The same command may succeed later or elsewhere. A write needs `outcome` besides. */
  readonly recoverable: boolean;
  /** Whether a circuit breaker should count it against the server. */
  readonly countsAsFailure: boolean;
  /** The least sensible wait before the next try, in milliseconds; the first step of a backoff. */
  readonly retryDelayMs: number;
  /** `not-sent` it provably never left, `unknown` it may have been executed, `replied` the server has answered it. */
  readonly outcome: "not-sent" | "unknown" | "replied";
}

type Verdict = Omit<Classification, "outcome">;

const verdict = (
  kind: Classification["kind"],
  recoverable: boolean,
  countsAsFailure: boolean,
  retryDelayMs = 0,
): Verdict => ({ kind, recoverable, countsAsFailure, retryDelayMs });

const unreachable = verdict("infra", true, true, 8);
const notReady = verdict("infra", true, true, 500);
/** The server answers at once and says that it will serve: a breaker could say no more, and would say it for longer. */
const loading = verdict("infra", true, false, 500);
const moved = verdict("topology", true, false, 8);
const writesRefused = verdict("capacity", true, false, 1000);
const credentials = verdict("configuration", false, true);
const forbidden = verdict("configuration", false, false);
const wrong = verdict("caller", false, false);
const cancelled = verdict("cancelled", false, false);
const overload = verdict("overload", true, false, 20);

/** By the first word of an error reply. All others are mistakes of the caller. */
const replies: ReadonlyMap<string, Verdict> = new Map([
  ["LOADING", notReady],
  ["MASTERDOWN", notReady],
  ["CLUSTERDOWN", notReady],
  ["BUSY", notReady],
  ["UNKILLABLE", notReady],
  ["READONLY", moved],
  ["MOVED", moved],
  ["ASK", moved],
  ["TRYAGAIN", moved],
  ["OOM", writesRefused],
  ["MISCONF", writesRefused],
  ["NOREPLICAS", writesRefused],
  ["NOAUTH", credentials],
  ["WRONGPASS", credentials],
  ["DENIED", credentials],
  ["NOPERM", forbidden],
]);

const codes: ReadonlyMap<string, Verdict> = new Map([
  ["FLEET_POOL_CONNECT_FAILED", unreachable],
  ["FLEET_POOL_CONNECTION_LOST", unreachable],
  ["FLEET_POOL_COMMAND_TIMEOUT", unreachable],
  ["FLEET_POOL_AUTHENTICATION", credentials],
  ["FLEET_POOL_EXHAUSTED", overload],
  ["FLEET_POOL_ACQUIRE_TIMEOUT", overload],
  ["FLEET_POOL_REPLY_TOO_LARGE", wrong],
  ["FLEET_POOL_SUBSCRIBER_SLOW", wrong],
  // The endpoint is going away; another one of the instance may serve.
  ["FLEET_POOL_CLOSED", moved],
]);

/** Socket errors that only a connect raises: nothing was written. */
const neverConnected: ReadonlySet<string> = new Set(
  "ECONNREFUSED EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN EADDRNOTAVAIL".split(" "),
);

interface Facts {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly outcome?: unknown;
  readonly syscall?: unknown;
  readonly reason?: unknown;
  readonly cause?: unknown;
}

/**
 * Reads an error of this package, or one that a leased ioredis connection threw. Pure. By code, name and text, not by
 * class: the error may come from another copy of the package.
 */
export function classify(error: unknown): Classification {
  if (typeof error !== "object" || error === null) return { ...wrong, outcome: "unknown" };
  const { name, message, code, outcome, syscall, reason, cause } = error as Facts;
  const text = typeof message === "string" ? message : "";
  if (name === "ReplyError") {
    // The cause of a discarded transaction says more than the discarding.
    if (text.startsWith("EXECABORT") && cause !== undefined) return classify(cause);
    return { ...ofReply(text), outcome: "replied" };
  }
  if (typeof code === "string") {
    const known = codes.get(code);
    // Nothing came free because nothing could be dialed.
    if (code === "FLEET_POOL_ACQUIRE_TIMEOUT" && cause !== undefined)
      return { ...classify(cause), outcome: "not-sent" };
    // The dial met a server that is there.
    if (code === "FLEET_POOL_CONNECT_FAILED" && reason === "loading")
      return { ...loading, outcome: "not-sent" };
    if (known !== undefined)
      return { ...known, outcome: outcome === "unknown" || outcome === "replied" ? outcome : "not-sent" };
    if (code.startsWith("FLEET_")) return { ...wrong, outcome: "not-sent" };
    if (/^E[A-Z_]+$/.test(code) && !code.startsWith("ERR_"))
      return {
        ...unreachable,
        outcome: syscall === "connect" || neverConnected.has(code) ? "not-sent" : "unknown",
      };
  }
  if (name === "AbortError") return { ...cancelled, outcome: "unknown" };
  if (name === "TimeoutError") return { ...unreachable, outcome: "unknown" };
  // ioredis' own words for a command that cannot be written, and for one whose connection went away.
  if (text.startsWith("Stream isn't writeable")) return { ...unreachable, outcome: "not-sent" };
  if (text === "Connection is closed.") return { ...unreachable, outcome: "unknown" };
  return { ...wrong, outcome: error instanceof TypeError ? "not-sent" : "unknown" };
}

function ofReply(text: string): Verdict {
  const known = replies.get(/^[A-Z]+/.exec(text)?.[0] ?? "");
  if (known !== undefined) return known;
  // Before Redis 7 what a script met comes wrapped: "ERR Error running script ...: -READONLY You can't write ...".
  if (text.includes("READONLY")) return moved;
  const inner = /^ERR .*-([A-Z]{3,}) /.exec(text)?.[1];
  return (inner === undefined ? undefined : replies.get(inner)) ?? wrong;
}
