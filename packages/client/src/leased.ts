import type { RedisPool } from "@fleet/pool/ioredis";
import type { Redis } from "ioredis";

import type { Call } from "./call.ts";
import { DeadlineError } from "./errors.ts";
import type { Clock } from "./fleet-options.ts";

/** Runs work on a leased connection. When the time is up or the caller leaves, the connection is destroyed under the work. */
export async function leased<T>(
  pool: RedisPool,
  call: Call,
  clock: Clock,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  call.deadline = call.giveUpAt;
  const lease = await pool.exclusive.acquire(call);
  // From here on the work may have done anything.
  call.final = true;
  const over = Promise.withResolvers<never>();
  let destroyed = false;
  const stop = (reason: unknown): void => {
    destroyed = true;
    lease.destroy();
    over.reject(reason);
  };
  const late = (): void => stop(new DeadlineError(call.target?.instance ?? "", call.timeoutMs));
  const left = (): void => stop(call.signal?.reason);
  const timer = clock.setTimeout(late, call.giveUpAt - clock.now());
  call.signal?.addEventListener("abort", left, { once: true });
  try {
    call.signal?.throwIfAborted();
    return await Promise.race([work(lease.connection), over.promise]);
  } finally {
    clock.clearTimeout(timer);
    call.signal?.removeEventListener("abort", left);
    // Not waited for: the caller has his answer, and cleaning may take longer than his deadline.
    if (!destroyed) void lease.release();
  }
}
