import { performance } from "node:perf_hooks";

import { EventEmitter, type IFailureEvent, type IPolicy, type ISuccessEvent } from "cockatiel";

import type { CircuitBreaker, RunOptions } from "../circuit-breaker.ts";

const neverAborted = new AbortController().signal;

/**
 * A breaker as a policy of cockatiel: it composes with `wrap`, `retry`, `timeout` and `fallback`. As there, `onSuccess` and
 * `onFailure` report the calls that were made; a refusal is thrown as `BrokenCircuitError`, for which cockatiel's
 * `isBrokenCircuitError` is true.
 */
export function toPolicy(
  breaker: CircuitBreaker,
  { isFailure = () => true }: Pick<RunOptions, "isFailure"> = {},
): IPolicy {
  const succeeded = new EventEmitter<ISuccessEvent>();
  const failed = new EventEmitter<IFailureEvent>();
  return {
    _altReturn: undefined as never,
    onSuccess: succeeded.addListener,
    onFailure: failed.addListener,
    execute: (work, signal = neverAborted) =>
      breaker.run(
        async () => {
          const begun = performance.now();
          try {
            const value = await work({ signal });
            succeeded.emit({ duration: performance.now() - begun });
            return value;
          } catch (error) {
            failed.emit({
              duration: performance.now() - begun,
              handled: isFailure(error),
              reason: { error },
            });
            throw error;
          }
        },
        { isFailure, signal },
      ),
  };
}
