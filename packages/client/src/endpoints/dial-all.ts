import type { EndpointTarget } from "./endpoint-target.ts";

/** How one endpoint was dialed. */
export interface DialResult {
  readonly instance: string;
  readonly uid: string;
  /** As announced. */
  readonly host: string;
  readonly port: number;
  /** Why the dial failed; an error of `@fleet/pool` has the cause in one word as its `reason`. */
  readonly error?: unknown;
}

/** How many endpoints are dialed at a time. */
const atOnce = 64;

/** Dials each endpoint that is not connected. The results are in the order of the targets. */
export async function dialAll(
  targets: readonly EndpointTarget[],
  signal: AbortSignal | undefined,
): Promise<readonly DialResult[]> {
  const results: DialResult[] = [];
  const queue = targets.entries();
  const dial = async (): Promise<void> => {
    for (const [index, target] of queue) {
      const { uid, host, port } = target.endpoint;
      const of = { instance: target.instance, uid, host, port };
      try {
        await target.pool.ready(signal === undefined ? {} : { signal });
        results[index] = of;
      } catch (error) {
        signal?.throwIfAborted();
        results[index] = { ...of, error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, targets.length) }, dial));
  return results;
}
