import type { Argument, Command } from "@fleet/isolation";

import { checkRights, isClientInfo } from "../access/rights.ts";
import { MalformedError } from "../errors.ts";
import { encodeResult, resultPieces, wireText } from "../http/encode.ts";
import { parseCommand } from "../http/parse-body.ts";
import { pathArguments, queryArguments } from "../http/parse-url.ts";
import { readBody } from "../http/read-body.ts";
import { replySlices } from "../http/resp2.ts";
import { bodyOptions, selectorFor, smallReplyBytes, unfoldedBytes } from "./backend.ts";
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
  readBody(exchange.request, exchange.response, bodyOptions(backend, exchange), (error, body, hold) =>
    exchange.guard(() => {
      if (error !== undefined) throw error;
      if (from < end) {
        run(backend, exchange, pathCommand(exchange, body));
        return;
      }
      const parsed = parseCommand(body, backend);
      if (!(parsed instanceof Promise)) {
        run(backend, exchange, parsed);
        return;
      }
      exchange.later(parsed, (command) => {
        hold?.take(unfoldedBytes(command.length));
        run(backend, exchange, command);
      });
    }),
  );
}

function run(backend: Backend, exchange: Exchange, command: Command): void {
  const { token } = exchange;
  const selector = selectorFor(backend, exchange);
  if (isClientInfo(command)) {
    exchange.send(exchange.form === "resp2" ? "+OK\r\n" : '{"result":"OK"}');
    return;
  }
  checkRights(token, command);
  const { command: sent, answer: instead } = backend.scripts.translate(command);
  backend.fleet
    .command(selector, sent, token.calls)
    .then(
      (reply) =>
        exchange.guard(() =>
          answer(backend, exchange, instead === undefined ? (reply as Buffer) : wireText(instead)),
        ),
      exchange.fail,
    );
}

function answer({ answers }: Backend, exchange: Exchange, wire: Buffer): void {
  const { form } = exchange;
  if (wire.length <= smallReplyBytes) {
    // A copy: the bytes of a short reply keep those of its neighbours alive, for as long as its client takes to read.
    exchange.send(form === "resp2" ? Buffer.from(wire) : encodeResult(wire, form));
    return;
  }
  const hold = answers.hold(exchange.token.name);
  exchange.response.once("close", hold.release);
  hold.take(wire.length);
  exchange.stream(form === "resp2" ? replySlices(wire) : resultPieces(wire, form));
}

/** An empty body is no argument: a client that sends POST without one announces a body of no bytes. */
function pathCommand({ url, place }: Exchange, body: Buffer | undefined): Command {
  const command: Argument[] = pathArguments(url, place);
  if (command.length === 0 || command[0] === "") throw new MalformedError("ERR empty command");
  if (body !== undefined && body.length > 0) command.push(body);
  if (place.end < url.length) command.push(...queryArguments(url, place));
  return command as [string, ...Argument[]];
}
