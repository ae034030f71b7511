import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "@fleet/testkit";
import type { LaunchedScript } from "@fleet/testkit";

/** Between two calls. */
const pauseMs = 20;

/** Where `pnpm start` says that it answers, once it does. */
export async function addressesOn(script: LaunchedScript): Promise<Readonly<Record<string, string>>> {
  return await eventually(
    () => {
      const [, url, token, admin] =
        /^ {2}URL {5}(\S+)\n {2}token {3}(\S+)$.*^Metrics {4}(\S+)\/metrics.*^Ctrl-C/ms.exec(
          script.printed,
        ) ?? [];
      if (url === undefined) throw new Error(`it is not up: ${script.printed}`);
      return { url, token: token!, admin: admin! };
    },
    { timeoutMs: 60_000 },
  );
}

/** Calls a gateway for so long, one call after the other; each has to be answered, and executed once. */
export async function askFor(ms: number, { url, token }: Readonly<Record<string, string>>): Promise<void> {
  const until = performance.now() + ms;
  for (let calls = 1; performance.now() < until; calls += 1) {
    const response = await fetch(`${url}/incr/calls`, { headers: { authorization: `Bearer ${token}` } });
    const answer = await response.text();
    if (answer !== `{"result":${calls}}`) throw new Error(`call ${calls}: ${response.status} ${answer}`);
    await sleep(pauseMs);
  }
}
