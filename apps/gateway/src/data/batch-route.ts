import type { BatchReply } from "@fleet/client";
import type { Command } from "@fleet/isolation";

import { checkRights, isClientInfo } from "../access/rights.ts";
import { MalformedError } from "../errors.ts";
import { answerFor } from "../http/answer.ts";
import { wireText } from "../http/encode.ts";
import { parseBatch } from "../http/parse-body.ts";
import type { Slot } from "../http/parse-body.ts";
import { readBody } from "../http/read-body.ts";
import { bodyOptions, selectorFor, smallReplyBytes, unfoldedBytes } from "./backend.ts";
import type { Backend } from "./backend.ts";
import { bytesOf, encodeRefusal, encodeSlots, slotPieces } from "./batch-answer.ts";
import { answersInRuns, fitsOneRun, sizeOf } from "./batch-runs.ts";
import type { Exchange } from "./exchange.ts";

/** Many commands in one request: `/pipeline`, where each stands for itself, or `/multi-exec`, which is one transaction. */
export function batchRoute(backend: Backend, exchange: Exchange): void {
  const atomic = exchange.place.form === "multi-exec";
  readBody(exchange.request, exchange.response, bodyOptions(backend, exchange), (error, body, hold) =>
    exchange.guard(() => {
      if (error !== undefined) throw error;
      const parsed = parseBatch(body, backend);
      if (!(parsed instanceof Promise)) {
        run(backend, exchange, parsed, atomic);
        return;
      }
      exchange.later(parsed, (slots) => {
        let elements = 0;
        for (const slot of slots) if (!(slot instanceof MalformedError)) elements += slot.length;
        hold?.take(unfoldedBytes(elements));
        run(backend, exchange, slots, atomic);
      });
    }),
  );
}

function run(backend: Backend, exchange: Exchange, slots: readonly Slot[], atomic: boolean): void {
  const { token } = exchange;
  const selector = selectorFor(backend, exchange);
  const commands: Command[] = [];
  const own: (string | undefined)[] = [];
  /** By the place of the command: what stands in place of the server's reply. */
  const instead = new Map<number, Buffer>();
  for (const slot of slots) {
    const answer = answered(exchange, slot, atomic);
    own.push(answer);
    if (answer !== undefined) continue;
    const translated = backend.scripts.translate(slot as Command);
    if (translated.answer !== undefined) instead.set(commands.length, wireText(translated.answer));
    commands.push(translated.command);
  }
  if (commands.length === 0) {
    exchange.send(encodeSlots(own, [], exchange.form));
    return;
  }
  if (atomic) {
    const { maxArguments } = backend;
    if (sizeOf(commands).elements > maxArguments)
      throw new MalformedError(`ERR max arguments exceeded: ${maxArguments} are allowed in one transaction`);
  } else if (!fitsOneRun(commands)) {
    const ask = async (from: number, end: number): Promise<readonly BatchReply[]> =>
      replaced(await backend.fleet.batch(selector, commands.slice(from, end), token.calls), instead, from);
    exchange.stream(answersInRuns({ exchange, answers: backend.answers, own, commands, ask }));
    return;
  }
  backend.fleet.batch(selector, commands, atomic ? { ...token.calls, atomic } : token.calls).then(
    (replies) =>
      exchange.guard(() => {
        for (const reply of replies) if ("error" in reply) exchange.noteDenial(reply.error);
        answer(backend, exchange, own, replaced(replies, instead));
      }),
    exchange.fail,
  );
}

function replaced(
  replies: readonly BatchReply[],
  instead: ReadonlyMap<number, Buffer>,
  from = 0,
): readonly BatchReply[] {
  if (instead.size === 0) return replies;
  return replies.map((reply, index) => {
    const value = "error" in reply ? undefined : instead.get(from + index);
    return value === undefined ? reply : { value };
  });
}

function answer(
  { answers }: Backend,
  exchange: Exchange,
  own: readonly (string | undefined)[],
  replies: readonly BatchReply[],
): void {
  const { form, token, response } = exchange;
  const bytes = bytesOf(replies);
  if (bytes <= smallReplyBytes) {
    exchange.send(encodeSlots(own, replies, form));
    return;
  }
  const hold = answers.hold(token.name);
  response.once("close", hold.release);
  hold.take(bytes);
  exchange.stream(slotPieces(own, replies, form, { isFirst: true, isLast: true }));
}

/**
 * The answer of a slot that no server is asked for; undefined for the others.
 *
 * @throws what is wrong with the slot, in a transaction: one wrong slot discards it all.
 */
function answered(exchange: Exchange, slot: Slot, atomic: boolean): string | undefined {
  try {
    if (slot instanceof MalformedError) throw slot;
    if (isClientInfo(slot)) return exchange.form === "resp2" ? "+OK\r\n" : '{"result":"OK"}';
    checkRights(exchange.token, slot);
    return undefined;
  } catch (error) {
    if (atomic) throw error;
    exchange.noteDenial(error);
    return encodeRefusal(answerFor(error), exchange.form);
  }
}
