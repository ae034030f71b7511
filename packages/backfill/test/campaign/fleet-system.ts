import { all, openOn } from "../scene.ts";
import type { ChildOptions } from "./child.ts";
import type { System } from "./system.ts";

/** This package. */
export const fleet: System = {
  name: "fleet",
  hasTokens: true,
  async open(redis, round) {
    const { name, chunkSize, leaseMs, perSecond, ledgerPort } = round;
    const backfill = await openOn(redis, {
      name,
      chunkSize,
      source: { kind: "range", from: round.from, to: round.to },
    });
    return {
      startWorker(children, { port }, schedule) {
        const crashAt = schedule.crashPoint();
        const options: ChildOptions = {
          redisPort: port,
          ledgerPort,
          name,
          worker: {
            leaseMs,
            // Random kills that hit the same id while it is at work alone are no reason to give it up.
            crashLimit: 6,
            retryMinDelayMs: 50,
            limits: { requestsPerSecond: perSecond, hub: 5, database: 8, buffer: 4 * chunkSize },
          },
          ...(crashAt !== undefined && { crashAt }),
        };
        return children.start("child.ts", options);
      },
      isThrough: async () => (await backfill.status()).state === "complete",
      dead: async () => (await all(backfill.deadLetters())).map(({ id }) => id),
      claims: async () => {
        const { chunks, counts } = await backfill.status();
        return `bitmap ${chunks.done}/${chunks.total}, crashed ${counts.crashed}, fenced ${counts.fenced}`;
      },
      [Symbol.asyncDispose]: () => backfill.close(),
    };
  },
};
