import type { Fleet } from "@fleet/client";
import Fastify, { LogController } from "fastify";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Registry } from "prom-client";

import { answerBrokenRequest, answerExpectation, fromFramework } from "./broken-request.ts";
import type { Config } from "./config-schema.ts";
import { MethodError, NotFoundError, NotPermittedError, UnauthorizedError } from "./errors.ts";
import { refuse } from "./exchange.ts";
import { instancesPage } from "./instances-page.ts";
import type { Readiness } from "./readiness.ts";
import type { Tokens } from "./tokens.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answers without a token. */
    readonly open?: boolean;
  }
}

export interface AdminPortOptions {
  readonly fleet: Pick<Fleet, "stats">;
  readonly tokens: Tokens;
  readonly register: Registry;
  readonly readiness: Readiness;
  readonly config: Pick<Config, "log" | "requestTimeoutMs" | "keepAliveTimeoutMs" | "idleSocketTimeoutMs">;
  /** Where log lines go. @default the process's standard output */
  readonly logStream?: { write(line: string): void } | undefined;
}

/** The port for operators. Its logger is the gateway's. */
export function buildAdminPort(options: AdminPortOptions): FastifyInstance {
  const { fleet, tokens, register, readiness, config, logStream } = options;
  const app: FastifyInstance = Fastify({
    logger: {
      level: config.log.level,
      base: null,
      ...(logStream === undefined ? {} : { stream: logStream }),
    },
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    connectionTimeout: config.idleSocketTimeoutMs,
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _request, reply) => fail(reply, fromFramework(error)),
  });
  const fail = (reply: FastifyReply, error: unknown): void => {
    reply.hijack();
    refuse(reply.raw, error, app.log);
  };

  // Deny by default: a page is closed unless it says that it is open, and so is what is no page.
  app.addHook("onRequest", (request, reply, done) => {
    if (request.routeOptions.config.open === true) {
      done();
      return;
    }
    const token = tokens.authenticate(request.raw, request.originalUrl);
    if (token === undefined) fail(reply, new UnauthorizedError());
    else if (token.rights !== "admin") fail(reply, NotPermittedError.admin());
    else done();
  });

  app.get("/healthz", { config: { open: true } }, async () => ({ status: "ok" }));
  app.get("/readyz", { config: { open: true } }, async (_request, reply) => {
    const { status } = readiness;
    return reply.code(status === "ready" ? 200 : 503).send({ status });
  });
  app.get("/metrics", { config: { open: true } }, async (_request, reply) =>
    reply.type(register.contentType).send(await register.metrics()),
  );
  app.get("/v1/instances", async () => instancesPage(fleet.stats));

  app.setNotFoundHandler((request, reply) =>
    fail(
      reply,
      app.hasRoute({ method: "GET", url: request.url }) ? new MethodError("GET, HEAD") : new NotFoundError(),
    ),
  );
  app.setErrorHandler((error, _request, reply) => fail(reply, fromFramework(error)));
  app.server.on("checkExpectation", answerExpectation);
  return app;
}
