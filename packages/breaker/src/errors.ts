import { OptionError } from "@fleet/options";

import type { Rejection } from "./permit.ts";

/**
 * The circuit refused the call; nothing was sent. `retryAfterMs` says when asking again makes sense.
 *
 * It has no stack frames. Refusing is what happens thousands of times a second while a server is down, it must be
 * cheaper than calling, and collecting frames takes most of its time; `breaker` says where it comes from.
 */
export class BrokenCircuitError extends Error {
  override readonly name = "BrokenCircuitError";
  /** By this property cockatiel's `isBrokenCircuitError` knows such an error. */
  readonly isBrokenCircuitError = true;
  readonly code: Rejection["code"];
  readonly outcome = "not-sent";
  readonly retryAfterMs: number;
  /** Name of the breaker that refused. */
  readonly breaker: string;

  /** @param cause the failure that was counted last, if it is known; of it the message has the code and the reason, never the text. */
  constructor(breaker: string, rejection: Pick<Rejection, "code" | "retryAfterMs">, cause?: unknown) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(
      `Circuit "${breaker}" refuses calls (${rejection.code}), retry after ${rejection.retryAfterMs} ms${lastOf(cause)}`,
      cause === undefined ? undefined : { cause },
    );
    Error.stackTraceLimit = stackTraceLimit;
    this.code = rejection.code;
    this.retryAfterMs = rejection.retryAfterMs;
    this.breaker = breaker;
  }
}

/** `; the last failure was FLEET_POOL_AUTHENTICATION (wrong-password)` */
function lastOf(cause: unknown): string {
  const { code, reason } = Object(cause) as { readonly code?: unknown; readonly reason?: unknown };
  if (typeof code !== "string") return "";
  return `; the last failure was ${code}${typeof reason === "string" ? ` (${reason})` : ""}`;
}

/** An option has a value that cannot work; the message names the option, what was expected and the value. */
export class InvalidOptionError extends OptionError {
  /**
   * @retry no
   * @remedy Correct the option that the message names.
   */
  readonly code = "FLEET_BREAKER_INVALID_OPTION";
}
