import { ConnectionError } from "@fleet/pool";
import type { RedisPool } from "@fleet/pool/ioredis";
import type { Clock } from "@fleet/time";
import type { Redis } from "ioredis";

import { DeadlineError, FleetClosedError } from "../errors.ts";
import type { Call } from "./call.ts";
import { RunTime } from "./run-time.ts";

export interface LeaseTerms {
  readonly clock: Clock;
  /** Aborted when the fleet waits no longer. */
  readonly closing: AbortSignal;
  /** The time is the fleet's default, which no blocking command's own time is cut by. */
  readonly sparesBlocking: boolean;
}

/**
 * Runs work on a leased connection. When the time is up, the caller aborts, the fleet closes or the connection ends, the result of the
 * work is no longer waited for, and the connection is destroyed.
 */
export async function leased<T>(
  pool: Pick<RedisPool, "exclusive">,
  call: Call,
  { clock, closing, sparesBlocking }: LeaseTerms,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  call.deadline = call.giveUpAt;
  const lease = await pool.exclusive.acquire(call).catch((error: unknown) => {
    throw closing.aborted ? new FleetClosedError() : error;
  });
  // From here on the work may have sent anything, so it is not tried again.
  call.isFinal = true;
  const over = Promise.withResolvers<never>();
  // It may reject before `Promise.race` waits for it.
  over.promise.catch(() => undefined);
  const redis = lease.connection;
  const { stream } = redis;
  let destroyed = false;
  const stop = (reason: unknown): void => {
    destroyed = true;
    lease.destroy();
    over.reject(reason);
  };
  const instance = call.target?.instance ?? "";
  const time = new RunTime(redis, {
    clock,
    leftMs: call.giveUpAt - clock.now(),
    sparesBlocking,
    over: (unanswered) => stop(new DeadlineError(instance, call.timeoutMs, unanswered)),
  });
  const left = (): void => stop(call.signal?.reason);
  const closed = (): void => stop(new FleetClosedError("unknown"));
  const ended = (): void => {
    if (!time.quits)
      over.reject(
        new ConnectionError(
          call.target?.name ?? "",
          "lost",
          "the connection ended under the work",
          "unknown",
        ),
      );
  };
  call.signal?.addEventListener("abort", left, { once: true });
  closing.addEventListener("abort", closed, { once: true });
  stream.once("close", ended);
  try {
    call.signal?.throwIfAborted();
    if (closing.aborted) throw new FleetClosedError();
    return await Promise.race([work(redis), over.promise]);
  } finally {
    time.stop();
    call.signal?.removeEventListener("abort", left);
    closing.removeEventListener("abort", closed);
    stream.off("close", ended);
    // Not waited for: the work is done, and cleaning the connection may take longer than the deadline.
    if (!destroyed) void lease.release();
  }
}
