import { hash, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";

import { findRedis } from "@fleet/testkit";
import { kubernetesAvailable } from "@fleet/testkit/kubernetes";

import { parseConfig } from "../src/config-schema.ts";
import { serve } from "../src/serve.ts";
import { startFault } from "../src/start-fault.ts";
import { startLocalCluster } from "./local-cluster.ts";
import { startLocalFleet } from "./local-fleet.ts";
import { screen } from "./screen.ts";
import { tryLocalFleet } from "./try.ts";

const say = (line: string): void => console.log(line);

/**
 * `pnpm start`: a local fleet of real Redis servers with the gateway in front, until Ctrl-C; with `--try`, one tour of it; with
 * `--kubernetes`, found through a real API server.
 */
async function start(): Promise<void> {
  const { values } = parseArgs({
    // pnpm hands its own `--` on.
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    options: {
      try: { type: "boolean", default: false },
      kubernetes: { type: "boolean", default: false },
      port: { type: "string" },
      "admin-port": { type: "string" },
    },
  });
  // A tour needs no port that anybody knows, so it never finds one taken.
  const port = Number(values.port ?? (values.try ? 0 : 8080));
  const adminPort = Number(values["admin-port"] ?? (values.try ? 0 : 8081));
  const missing = values.kubernetes ? kubernetesAvailable({ controllers: true }) : undefined;
  if (missing !== undefined) throw new Error(missing);
  const redis = await findRedis({ say });
  await using opened = new AsyncDisposableStack();
  const stopped = interrupted();
  const fleet = opened.use(await startLocalFleet());
  const cluster = values.kubernetes ? opened.use(await startLocalCluster(fleet)) : undefined;

  const token = randomBytes(16).toString("hex");
  const adminToken = randomBytes(16).toString("hex");
  const parsed = parseConfig({
    listen: { port },
    adminListen: { port: adminPort },
    log: { level: "error" },
    ...(cluster?.settings ?? { instances: fleet.instances }),
    tokens: [
      {
        name: "local",
        digest: hash("sha256", token),
        rights: "full",
        targets: "*",
        defaultTarget: "sessions",
      },
      { name: "local-admin", digest: hash("sha256", adminToken), rights: "admin" },
    ],
  });
  if ("issues" in parsed)
    throw new RangeError(
      parsed.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"),
    );
  const gateway = await serve(parsed.config, process.env);
  opened.defer(() => gateway.close());

  const access = { url: gateway.data, token };
  say(screen(access, { url: gateway.admin, token: adminToken }, redis, cluster?.server));
  if (!values.try) return stopped;
  const isWhole = await tryLocalFleet(fleet, access, say);
  say(isWhole ? "\nnothing failed" : "\nsomething failed");
  process.exitCode = isWhole ? 0 : 1;
}

/** Resolves with the first Ctrl-C or SIGTERM; the second one does not wait. */
function interrupted(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isAsked = false;
  const ask = (): void => {
    if (isAsked) process.exit(1);
    isAsked = true;
    resolve();
  };
  process.on("SIGINT", ask).on("SIGTERM", ask);
  return promise;
}

try {
  await start();
} catch (error) {
  console.error(startFault(error).lines.join("\n"));
  process.exit(1);
}
