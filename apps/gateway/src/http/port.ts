import type { RequestListener } from "node:http";

import Fastify, { LogController } from "fastify";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyServerOptions } from "fastify";

import type { Config } from "../config/config-schema.ts";
import { MalformedError } from "../errors.ts";
import { answerBrokenRequest, answerConnect, answerExpectation, fromFramework } from "./broken-request.ts";
import { carriesTwo } from "./carries-two.ts";
import { Drain } from "./drain.ts";
import { Responder } from "./responder.ts";

export interface PortOptions {
  readonly config: Pick<
    Config,
    "requestTimeoutMs" | "keepAliveTimeoutMs" | "idleSocketTimeoutMs" | "slowReaderTimeoutMs"
  >;
  /** The framework's logger; `false` for a port that writes to the other one's. */
  readonly logger: NonNullable<FastifyServerOptions["logger"]>;
  /** Where unexpected errors are logged. @default the framework's logger */
  readonly log?: FastifyBaseLogger;
  /** What the router gets to see of a request's URL. @default the URL */
  readonly rewriteUrl?: NonNullable<FastifyServerOptions["rewriteUrl"]>;
}

/** A port on which every fault, from the first byte on, is answered in JSON and with the gateway's words. */
export interface Port {
  readonly app: FastifyInstance;
  readonly responder: Responder;
  readonly drain: Drain;
  readonly fail: (reply: FastifyReply, error: unknown) => void;
}

export function buildPort({ config, logger, log, rewriteUrl }: PortOptions): Port {
  const { requestTimeoutMs } = config;
  const app: FastifyInstance = Fastify({
    logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => "",
    requestIdHeader: false,
    // During shutdown what still arrives on an open connection is served, and the connection then closed.
    return503OnClosing: false,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    connectionTimeout: config.idleSocketTimeoutMs,
    http: {
      // Node would answer a missing Host with an empty body; the data port does it with words.
      requireHostHeader: false,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(Math.ceil(requestTimeoutMs / 4), 10_000),
    },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _request, reply) => fail(reply, fromFramework(error)),
    ...(rewriteUrl === undefined ? {} : { rewriteUrl }),
  });
  const drain = new Drain(app.server, requestTimeoutMs);
  const [serve] = app.server.listeners("request") as [RequestListener];
  const responder = new Responder(log ?? app.log, config.slowReaderTimeoutMs);
  const admit: RequestListener = (request, response) => {
    if (carriesTwo(request.rawHeaders, "host"))
      responder.refuse(response, new MalformedError("ERR a request carries one Host header"));
    else serve(request, response);
  };
  app.server.removeAllListeners("request").on("request", drain.around(admit));
  app.server.on("connect", answerConnect);
  const fail = (reply: FastifyReply, error: unknown): void => {
    reply.hijack();
    const { status, code } = responder.refuse(reply.raw, error);
    responder.log.debug({ method: reply.request.method, status, code }, "request");
  };
  // The framework reads no body: it answers 415 to a content type it cannot parse, and here none counts.
  for (const method of app.supportedMethods)
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  app.setErrorHandler((error, _request, reply) => fail(reply, fromFramework(error)));
  app.server.on("checkExpectation", answerExpectation);
  return { app, responder, drain, fail };
}
