import type { Contestant } from "../harness/scenario.ts";
import type { HttpRequest, LoadGenerator } from "../load/http-load.ts";
import type { HttpServer } from "./http-server.ts";

export interface HttpContestantOptions {
  readonly name: string;
  readonly server: HttpServer;
  readonly request: HttpRequest;
  /** The body of the right answer, which comes with 200. */
  readonly answer: string;
  /** How many commands one request carries. */
  readonly commands: number;
}

/** One form of request to one server. A turn in which anything but a success came back has no figures: it fails. */
export function httpContestant(load: LoadGenerator, options: HttpContestantOptions): Contestant {
  const { name, server, request, answer, commands } = options;
  return {
    name,
    async measure({ roundMs, signal }) {
      await assertAnswer(request, answer, signal);
      const before = server.cpuSeconds;
      const { answers, failures, seconds, p50Ms, p99Ms } = await load.run(request, { roundMs, signal });
      const used = (server.cpuSeconds ?? Number.NaN) - (before ?? Number.NaN);
      if (failures > 0 || answers === 0) throw new Error(`${failures} of ${answers} answers were no success`);
      return {
        opsPerSec: (answers * commands) / seconds,
        requestsPerSec: answers / seconds,
        p50Ms,
        p99Ms,
        ...(!Number.isNaN(used) && {
          serverCpuUsPerRequest: (used / answers) * 1e6,
          serverBusyPercent: (used / seconds) * 100,
        }),
      };
    },
  };
}

/** A load generator looks at the status at most; that it is the right answer is seen here, before each turn. */
async function assertAnswer(
  { url, method, headers, body }: HttpRequest,
  answer: string,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(url, { method, headers, signal, ...(body !== undefined && { body }) });
  const text = await response.text();
  if (response.status !== 200 || text !== answer)
    throw new Error(`answered ${response.status} ${text.slice(0, 200)}, not 200 ${answer.slice(0, 200)}`);
}
