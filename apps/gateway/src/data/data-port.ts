import type { IncomingMessage } from "node:http";

import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";

import type { Denials } from "../access/denials.ts";
import type { Token, Tokens } from "../access/tokens.ts";
import { MalformedError, MethodError, NotPermittedError, UnauthorizedError } from "../errors.ts";
import { allowOrigin, answerPreflight } from "../http/cors.ts";
import { parsePlace } from "../http/parse-url.ts";
import type { Place } from "../http/parse-url.ts";
import { buildPort } from "../http/port.ts";
import type { Port, PortOptions } from "../http/port.ts";
import type { Backend } from "./backend.ts";
import { batchRoute } from "./batch-route.ts";
import { commandRoute } from "./command-route.ts";
import { Exchange } from "./exchange.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whose request it is; set before any route runs. */
    token: Token | undefined;
  }
}

export interface DataPortOptions {
  readonly backend: Backend;
  readonly tokens: Tokens;
  readonly denials: Denials;
  readonly log: FastifyBaseLogger;
  readonly config: PortOptions["config"];
}

type Placed = IncomingMessage & { place?: Place | undefined };

/** The port that commands come in by. */
export function buildDataPort({ backend, tokens, denials, log, config }: DataPortOptions): Port {
  // A logger of its own would cost a child and two listeners a request; what is worth a line is written by `Exchange`.
  const port = buildPort({ config, logger: false, log, rewriteUrl: routeOf });
  const { app, responder, fail } = port;

  app.decorateRequest("token", undefined);
  // On the root and before the routes: nothing that is registered on this port can be asked past it.
  app.addHook("onRequest", function admit(request, reply, done) {
    const { raw } = request;
    if (raw.headers.host === undefined && raw.httpVersionMinor === 1) {
      fail(reply, new MalformedError("ERR a request carries a Host header"));
      return;
    }
    if (raw.method === "OPTIONS" && answerPreflight(raw, reply.raw, tokens.origins)) {
      reply.hijack();
      return;
    }
    const token = tokens.authenticate(raw, request.originalUrl);
    if (token?.origins !== undefined) allowOrigin(raw, reply.raw, token.origins);
    if (token !== undefined && token.rights !== "admin") {
      request.token = token;
      done();
      return;
    }
    const denial = token === undefined ? new UnauthorizedError() : NotPermittedError.port();
    denials.note(denial, token?.name, raw.socket.remoteAddress);
    fail(reply, denial);
  });

  const serve =
    (route: (backend: Backend, exchange: Exchange) => void) =>
    (request: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack();
      const { place } = request.raw as Placed;
      try {
        if (place === undefined) throw new MalformedError("ERR failed to parse command: expected a path");
        const { token, originalUrl: url } = request;
        const parts = {
          request: request.raw,
          response: reply.raw,
          url,
          place,
          token: token!,
          responder,
          denials,
        };
        const exchange = new Exchange(parts);
        exchange.guard(() => route(backend, exchange));
      } catch (error) {
        responder.refuse(reply.raw, error);
      }
    };
  app.route({ method: ["GET", "HEAD", "POST", "PUT"], url: "/command", handler: serve(commandRoute) });
  app.route({ method: ["POST", "PUT"], url: "/pipeline", handler: serve(batchRoute) });
  app.route({ method: ["POST", "PUT"], url: "/multi-exec", handler: serve(batchRoute) });

  app.setNotFoundHandler((request, reply) =>
    fail(reply, new MethodError(request.url === "/command" ? "GET, HEAD, POST, PUT" : "POST, PUT")),
  );
  return port;
}

/**
 * Says which of the three routes a URL means. The framework's own router cannot be asked: it decodes paths, and refuses what it
 * cannot decode, while here a path is arguments.
 */
function routeOf(request: IncomingMessage): string {
  const place = parsePlace(request.url!);
  (request as Placed).place = place;
  return place === undefined ? "/command" : `/${place.form}`;
}
