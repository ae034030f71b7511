import type { Argument, Command } from "@fleet/isolation";

import { checkRights, isClientInfo } from "../access/rights.ts";
import { MalformedError } from "../errors.ts";
import { encodeResult } from "../http/encode.ts";
import { parseCommand } from "../http/parse-body.ts";
import { pathArguments, queryArguments } from "../http/parse-url.ts";
import { readBody } from "../http/read-body.ts";
import { selectorFor } from "./backend.ts";
import type { Backend } from "./backend.ts";
import type { Exchange } from "./exchange.ts";

/** One command: in the path, in the path with its last argument as the body, or all of it as the body. */
export function commandRoute(backend: Backend, exchange: Exchange): void {
  const { method } = exchange.request;
  if (method === "GET" || method === "HEAD") {
    run(backend, exchange, pathCommand(exchange, undefined));
    return;
  }
  const { from, end } = exchange.place;
  readBody(exchange.request, backend.bodyLimitBytes, (error, body) =>
    exchange.guard(() => {
      if (error !== undefined) throw error;
      run(backend, exchange, from < end ? pathCommand(exchange, body) : parseCommand(body));
    }),
  );
}

function run(backend: Backend, exchange: Exchange, command: Command): void {
  const { token, encoding } = exchange;
  const selector = selectorFor(backend, exchange);
  if (isClientInfo(command)) {
    exchange.send('{"result":"OK"}');
    return;
  }
  checkRights(token, command);
  const { command: sent, answer } = backend.scripts.translate(command);
  backend.fleet
    .command(selector, sent, token.calls)
    .then(
      (reply) =>
        exchange.guard(() =>
          exchange.send(encodeResult(answer === undefined ? reply : Buffer.from(answer), encoding)),
        ),
      exchange.fail,
    );
}

/** An empty body is no argument: a client that sends POST without one announces a body of no bytes. */
function pathCommand({ url, place }: Exchange, body: Buffer | undefined): Command {
  const command: Argument[] = pathArguments(url, place);
  if (command.length === 0 || command[0] === "") throw new MalformedError("ERR empty command");
  if (body !== undefined && body.length > 0) command.push(body);
  if (place.end < url.length) command.push(...queryArguments(url, place));
  return command as [string, ...Argument[]];
}
