import type { Fleet } from "@fleet/client";
import type { Observation } from "@fleet/metrics";

import type { Denials } from "../access/denials.ts";
import type { Tokens } from "../access/tokens.ts";
import type { Config } from "../config/config-schema.ts";
import { MethodError, NotFoundError, NotPermittedError, UnauthorizedError } from "../errors.ts";
import { buildPort } from "../http/port.ts";
import type { Port, PortOptions } from "../http/port.ts";
import { discoveryText } from "./discovery-text.ts";
import { instancesPage, thisMoment } from "./instances-page.ts";
import type { Readiness } from "./readiness.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Responder without a token. */
    readonly open?: boolean;
  }
}

export interface AdminPortOptions {
  readonly fleet: Pick<Fleet, "stats">;
  readonly tokens: Tokens;
  readonly denials: Denials;
  readonly observation: Pick<Observation, "contentType" | "render">;
  readonly readiness: Readiness;
  readonly config: PortOptions["config"] & Pick<Config, "log">;
  /** Where log lines go. @default the process's standard output */
  readonly logStream?: { write(line: string): void } | undefined;
}

/** The port for operators. Its logger is the gateway's. */
export function buildAdminPort(options: AdminPortOptions): Port {
  const { fleet, tokens, denials, observation, readiness, config, logStream } = options;
  const stream = logStream === undefined ? {} : { stream: logStream };
  const port = buildPort({ config, logger: { level: config.log.level, base: null, ...stream } });
  const { app, fail } = port;
  // The framework's own look-up takes a URL for a pattern.
  const pages = new Set<string>();
  app.addHook("onRoute", ({ url }) => void pages.add(url));

  // Deny by default: a page is closed unless it says that it is open, and so is what is no page.
  app.addHook("onRequest", (request, reply, done) => {
    if (request.routeOptions.config.open === true) {
      done();
      return;
    }
    const { raw } = request;
    const token = tokens.authenticate(raw, request.originalUrl);
    if (token?.rights === "admin") {
      done();
      return;
    }
    const denial = token === undefined ? new UnauthorizedError() : NotPermittedError.port();
    denials.note(denial, token?.name, raw.socket.remoteAddress);
    fail(reply, denial);
  });

  app.get("/healthz", { config: { open: true } }, async () => ({ status: "ok" }));
  app.get("/readyz", { config: { open: true } }, async (_request, reply) => {
    const { report } = readiness;
    return reply.code(report.status === "ready" ? 200 : 503).send(report);
  });
  app.get("/metrics", { config: { open: true } }, async (_request, reply) =>
    reply.type(observation.contentType).send(await observation.render()),
  );
  app.get("/v1/instances", async () => instancesPage(fleet.stats, thisMoment()));
  app.get("/v1/discovery", async () => fleet.stats.discovery);
  app.get("/discovery", async (_request, reply) => {
    const { discovery, instances } = fleet.stats;
    return reply.type("text/plain; charset=utf-8").send(discoveryText({ ...discovery, instances }));
  });

  app.setNotFoundHandler((request, reply) =>
    fail(
      reply,
      pages.has(request.url.split("?", 1)[0]!) ? new MethodError("GET, HEAD") : new NotFoundError(),
    ),
  );
  return port;
}
