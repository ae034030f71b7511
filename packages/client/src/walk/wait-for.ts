import { type Clock, sleep } from "@fleet/time";

/** Resolves with the promise, after `ms`, or as soon as one of the signals aborts; it never rejects. */
export async function waitFor(
  promise: Promise<void>,
  clock: Clock,
  ms: number,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<void> {
  const over = new AbortController();
  void promise.then(() => over.abort());
  await sleep(clock, ms, over.signal, ...signals);
}
