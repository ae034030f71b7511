import { hash, randomBytes } from "node:crypto";
import { once } from "node:events";

import { findRedis, toldToEnd } from "@fleet/testkit";
import type { ToldToEnd } from "@fleet/testkit";
import { kubernetesAvailable } from "@fleet/testkit/kubernetes";

import { parseConfig } from "../src/config/config-schema.ts";
import { serve } from "../src/serve.ts";
import { startFault } from "../src/start-fault.ts";
import { startLocalCluster } from "./local-cluster.ts";
import { startLocalFleet } from "./local-fleet.ts";
import { parseOptions, withRemedy } from "./options.ts";
import type { StartOptions } from "./options.ts";
import { screen } from "./screen.ts";
import { tryLocalFleet } from "./try.ts";

const say = (line: string): void => console.log(line);
/** What the gateway and the tour need; Debian 11 and Ubuntu 22.04 have it. */
const oldest = "6.0";

/**
 * `pnpm start`: a local fleet of real Redis servers with the gateway in front, until Ctrl-C; with `--try`, one tour of it; with
 * `--kubernetes`, found through a real API server.
 */
async function start(options: StartOptions, untilStopped: () => Promise<void>): Promise<void> {
  const missing = options.kubernetes ? kubernetesAvailable({ controllers: true }) : undefined;
  if (missing !== undefined) throw new Error(missing);
  const redis = await findRedis({ say, oldest });
  await using opened = new AsyncDisposableStack();
  const fleet = opened.use(await startLocalFleet());
  const cluster = options.kubernetes ? opened.use(await startLocalCluster(fleet)) : undefined;

  const token = randomBytes(16).toString("hex");
  const adminToken = randomBytes(16).toString("hex");
  const parsed = parseConfig({
    listen: { port: options.port },
    adminListen: { port: options.adminPort },
    log: { level: "error" },
    drainDelayMs: 0,
    ...(cluster?.settings ?? { instances: fleet.instances }),
    tokens: [
      {
        name: "local",
        digest: hash("sha256", token),
        rights: "full",
        targets: "*",
        defaultTarget: "sessions",
        dedicated: true,
      },
      { name: "local-admin", digest: hash("sha256", adminToken), rights: "admin" },
    ],
  });
  if ("issues" in parsed)
    throw new RangeError(
      parsed.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"),
    );
  const gateway = await serve(parsed.config, process.env).catch((error: unknown) => {
    throw withRemedy(error, options);
  });
  opened.defer(() => gateway.close());

  const access = { url: gateway.data, token };
  say(screen(access, { url: gateway.admin, token: adminToken }, redis, cluster?.server));
  // Not awaited, it would be waited for only after all is closed.
  if (!options.try) return await untilStopped();
  const isWhole = await tryLocalFleet(fleet, access, say);
  say(isWhole ? "\nnothing failed" : "\nsomething failed");
  process.exitCode = isWhole ? 0 : 1;
}

/** Answers a wait for the word to end. One that comes before that wait ends the process at once; the test kit's watchdog cleans up. */
function stopping(): () => Promise<void> {
  const enough = toldToEnd();
  const endAtOnce = (): never => process.exit((enough.reason as ToldToEnd).exitCode);
  enough.addEventListener("abort", endAtOnce);
  return async () => {
    enough.removeEventListener("abort", endAtOnce);
    await once(enough, "abort");
  };
}

// pnpm hands its own `--` on.
const args = process.argv.slice(2).filter((argument) => argument !== "--");
const options = parseOptions(args, {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
});
if (typeof options === "number") process.exit(options);
try {
  await start(options, stopping());
} catch (error) {
  console.error(startFault(error).lines.join("\n"));
  process.exit(1);
}
