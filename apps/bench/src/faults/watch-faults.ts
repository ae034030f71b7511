import { setTimeout as sleep } from "node:timers/promises";

import type { ApiServerDouble } from "@fleet/testkit/kubernetes";

type DoubleFault = Parameters<ApiServerDouble["inject"]>[0];

const outageMs = 2000;
const arrivalMs = 100;

/** The next watch is answered with a fault, and there is a next watch at once. */
const nextWatch =
  (fault: DoubleFault) =>
  (double: ApiServerDouble): Promise<void> => {
    double.inject(fault, { verb: "watch", resource: "services" });
    double.endWatches();
    return Promise.resolve();
  };

/** What happens to watches in a year of a cluster; each leaves the server well, but for the last. */
export const watchFaults: Readonly<Record<string, (double: ApiServerDouble) => Promise<void>>> = {
  "connection reset in the middle of the stream": (double) => Promise.resolve(double.cut()),
  "server killed and started again": async (double) => {
    await double.kill();
    await sleep(outageMs);
    await double.restart();
  },
  "410 in the stream": nextWatch({ kind: "event", status: 410, reason: "Expired" }),
  "410 in place of a stream": nextWatch({ kind: "status", status: 410, reason: "Expired" }),
  "500 in the stream": nextWatch({ kind: "event", status: 500, reason: "InternalError" }),
  "429 with Retry-After": nextWatch({ kind: "status", status: 429, retryAfterSeconds: 1 }),
  "401 once": nextWatch({ kind: "status", status: 401, reason: "Unauthorized" }),
  "clean end of a quiet watch": (double) => Promise.resolve(double.endWatches()),
  "half a line, then a cut": async (double) => {
    double.write('{"type":"MODIFIED","object":{"kind":"Serv', "services");
    // What a reset meets in the sender's buffers is lost.
    await sleep(arrivalMs);
    double.cut();
  },
  "a stream that says nothing any more": nextWatch({ kind: "silent" }),
};
