import type { EndpointTarget } from "./endpoint-target.ts";

/** How one endpoint was dialed. */
export interface DialResult {
  readonly instance: string;
  readonly uid: string;
  /** As announced. */
  readonly host: string;
  readonly port: number;
  /** Why it could not be; of those of `@fleet/pool` its `reason` says it in a word. */
  readonly error?: unknown;
}

/** How many are dialed at a time. */
const atOnce = 64;

/** Dials each of them, unless it is connected, and answers in their order. */
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
