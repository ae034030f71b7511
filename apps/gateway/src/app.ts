import { getHeapStatistics } from "node:v8";

import type { Fleet } from "@fleet/client";
import type { InstanceSource } from "@fleet/discovery";
import { observe } from "@fleet/metrics";
import { reload } from "@fleet/settings";
import type { Reloaded } from "@fleet/settings";
import { sleep, systemClock } from "@fleet/time";
import type { FastifyInstance } from "fastify";

import { Denials } from "./access/denials.ts";
import { Tokens } from "./access/tokens.ts";
import { buildAdminPort } from "./admin/admin-port.ts";
import { Readiness } from "./admin/readiness.ts";
import { settings } from "./config/config-schema.ts";
import type { Config } from "./config/config-schema.ts";
import type { Backend } from "./data/backend.ts";
import { buildDataPort } from "./data/data-port.ts";
import { Scripts } from "./data/scripts.ts";
import { AnswersFullError, BusyError } from "./errors.ts";
import { Budget } from "./http/budget.ts";
import { logEvents, logStanding } from "./log-events.ts";
import { Reloads } from "./reload/reloads.ts";
import type { ReloadsOptions } from "./reload/reloads.ts";
import { openRegister } from "./watch/metrics.ts";

export interface GatewayOptions {
  readonly config: Config;
  /** Whose closing is the caller's affair. */
  readonly fleet: Pick<Fleet, "command" | "batch" | "instances" | "stats"> & Partial<Pick<Fleet, "started">>;
  /** Those of the fleet: failures of others in the process are not logged. @default every source's failures are logged */
  readonly sources?: readonly InstanceSource[];
  /** How the configuration is read again. @default it is not */
  readonly again?: Pick<ReloadsOptions, "load" | "list"> | undefined;
  /** Where log lines go. @default the process's standard output */
  readonly logStream?: { write(line: string): void };
}

/** Both ports, built and not yet listening. */
export interface Gateway {
  readonly data: FastifyInstance;
  readonly admin: FastifyInstance;
  /** Binds both ports. @throws what the operating system says, with its code: EADDRINUSE, EACCES. */
  listen(): Promise<{ readonly data: string; readonly admin: string }>;
  /** Reads the configuration again; undefined where there is no way to. */
  readonly reloads: Reloads | undefined;
  /**
   * Serves on for the configuration's `drainDelayMs`, each answer the last of its connection; then stops to accept, lets what is in
   * flight finish for as long as `graceMs`, and cuts the rest.
   */
  close(): Promise<void>;
}

/** Heap is what a large request becomes; what runs in a small container has little. */
const defaultBudgetBytes = (): number => Math.min(getHeapStatistics().heap_size_limit / 4, 268_435_456);

/** How long a probe or a scrape has to take its answer. */
const probeGraceMs = 1000;

/** Builds a gateway over a fleet. */
export function buildGateway({ config, fleet, sources, again, logStream }: GatewayOptions): Gateway {
  /** As it counts now. */
  let current = config;
  const mistaken = new Set<string>();
  const tokens = new Tokens(
    config.tokens,
    (name) => {
      // Once a token: a caller that does it once does it with every request.
      if (mistaken.has(name)) return;
      mistaken.add(name);
      log.warn(
        { token: name },
        "a caller presents the digest as the token: if the configuration holds the token itself, put its digest there",
      );
    },
    { scripts: config.acl.enabled && config.acl.scripts === true },
  );
  const denials = new Denials((line) => log.warn(line, "denied"));
  const register = openRegister({
    answers: () => responder.tally.rows,
    denials: () => denials.rows,
    reloads: () => reloads?.stats,
  });
  const observation = observe({ stats: () => fleet.stats, register });
  const readiness = new Readiness(() => fleet.stats.discovery);
  const { app: admin, drain: adminDrain } = buildAdminPort({
    fleet,
    tokens,
    denials,
    observation,
    readiness,
    config,
    logStream,
  });
  const { log } = admin;
  const logging = logEvents(log, readiness, undefined, sources);
  logStanding(log, fleet.stats.discovery);
  void Promise.resolve(fleet.started).then(
    () => {
      readiness.started();
      log.info({ instances: fleet.instances.size }, "discovery is done");
    },
    () => "the caller ends the gateway",
  );
  const backend: Backend = {
    fleet,
    scripts: new Scripts(),
    get bodyLimitBytes() {
      return current.bodyLimitBytes;
    },
    get maxPipelineCommands() {
      return current.maxPipelineCommands;
    },
    get maxArguments() {
      return current.maxArguments;
    },
    bodies: new Budget(config.maxBodiesBytes ?? defaultBudgetBytes(), () => new BusyError()),
    answers: new Budget(config.maxAnswersBytes ?? defaultBudgetBytes(), () => new AnswersFullError()),
  };
  const { app: data, drain, responder } = buildDataPort({ backend, tokens, denials, log, config });
  const reconfigure = (next: Config): Reloaded<Config> => {
    const reloaded = reload(settings, current, next);
    current = reloaded.config;
    tokens.replace(current.tokens);
    log.level = current.log.level;
    return reloaded;
  };
  const reloads = again && new Reloads({ ...again, reconfigure, log });
  return {
    data,
    admin,
    listen: async () => {
      await admin.listen(config.adminListen);
      await data.listen(config.listen);
      readiness.listening();
      return { data: urlOf(data), admin: urlOf(admin) };
    },
    reloads,
    close: async () => {
      readiness.closing();
      drain.begin();
      adminDrain.begin();
      if (data.server.listening && config.drainDelayMs > 0) await sleep(systemClock, config.drainDelayMs);
      const closed = data.close();
      using _cut = drain.finish(config.graceMs);
      await closed;
      // Last, so that probes are answered with "closing" until the end.
      const adminClosed = admin.close();
      using _cutProbes = adminDrain.finish(Math.min(config.graceMs, probeGraceMs));
      await adminClosed;
      observation[Symbol.dispose]();
      logging[Symbol.dispose]();
    },
  };
}

function urlOf({ server }: FastifyInstance): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("the port is not open");
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}
