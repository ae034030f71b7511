import type { BatchReply } from "@fleet/client";
import type { Command } from "@fleet/isolation";

import { checkRights, isClientInfo } from "../access/rights.ts";
import { MalformedError } from "../errors.ts";
import { answerFor } from "../http/answer.ts";
import { encodeError, encodeResult } from "../http/encode.ts";
import { parseBatch } from "../http/parse-body.ts";
import type { Slot } from "../http/parse-body.ts";
import { readBody } from "../http/read-body.ts";
import { selectorFor } from "./backend.ts";
import type { Backend } from "./backend.ts";
import type { Exchange } from "./exchange.ts";

/** Many commands in one request: `/pipeline`, where each stands for itself, or `/multi-exec`, which is one transaction. */
export function batchRoute(backend: Backend, exchange: Exchange): void {
  const atomic = exchange.place.form === "multi-exec";
  readBody(exchange.request, backend.bodyLimitBytes, (error, body) =>
    exchange.guard(() => {
      if (error !== undefined) throw error;
      run(backend, exchange, parseBatch(body, backend.maxPipelineCommands), atomic);
    }),
  );
}

function run(backend: Backend, exchange: Exchange, slots: readonly Slot[], atomic: boolean): void {
  const { token, encoding } = exchange;
  const selector = selectorFor(backend, exchange);
  const commands: Command[] = [];
  const answers: (string | undefined)[] = [];
  const own: (string | undefined)[] = [];
  for (const slot of slots) {
    const answer = answered(exchange, slot, atomic);
    own.push(answer);
    if (answer !== undefined) continue;
    const translated = backend.scripts.translate(slot as Command);
    commands.push(translated.command);
    answers.push(translated.answer);
  }
  if (commands.length === 0) {
    exchange.send(`[${own.join(",")}]`);
    return;
  }
  backend.fleet.batch(selector, commands, atomic ? { ...token.calls, atomic } : token.calls).then(
    (replies) =>
      exchange.guard(() => {
        for (const reply of replies) if ("error" in reply) exchange.noteDenial(reply.error);
        exchange.send(encodeBatch(own, answers, replies, encoding));
      }),
    exchange.fail,
  );
}

/**
 * The answer of a slot that no server is asked for; undefined for the others.
 *
 * @throws what is wrong with the slot, in a transaction: one wrong slot discards it all.
 */
function answered(exchange: Exchange, slot: Slot, atomic: boolean): string | undefined {
  try {
    if (slot instanceof MalformedError) throw slot;
    if (isClientInfo(slot)) return '{"result":"OK"}';
    checkRights(exchange.token, slot);
    return undefined;
  } catch (error) {
    if (atomic) throw error;
    exchange.noteDenial(error);
    return encodeError(answerFor(error).text);
  }
}

/** In the order of the slots: ours, and the servers' in the gaps. @param answers what stands in place of a server's reply. */
function encodeBatch(
  own: readonly (string | undefined)[],
  answers: readonly (string | undefined)[],
  replies: readonly BatchReply[],
  encoding: Exchange["encoding"],
): string {
  let next = 0;
  let text = "";
  for (const answer of own) {
    text += text === "" ? "[" : ",";
    if (answer === undefined) {
      const reply = replies[next]!;
      const answer = answers[next++];
      text +=
        "error" in reply
          ? encodeError(answerFor(reply.error).text)
          : encodeResult(answer === undefined ? reply.value : Buffer.from(answer), encoding);
    } else text += answer;
  }
  return `${text}]`;
}
