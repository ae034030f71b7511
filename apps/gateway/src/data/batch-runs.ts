import type { BatchReply } from "@fleet/client";
import type { Command } from "@fleet/isolation";

import type { Budget } from "../http/budget.ts";
import { bytesOf, slotPieces } from "./batch-answer.ts";
import type { Exchange } from "./exchange.ts";

/** What is handed over in one turn of the event loop. */
const maxElements = 8192;
const maxLength = 524_288;
/** Before it is known how large the replies are, and at most. */
const firstCommands = 128;
const maxCommands = 1024;
/** What the replies of one run should be about. */
const runBytes = 1_048_576;

interface Size {
  readonly elements: number;
  /** Of all arguments together, in bytes or characters. */
  readonly length: number;
}

/** The size of commands. */
export function sizeOf(commands: readonly Command[]): Size {
  let elements = 0;
  let length = 0;
  for (const command of commands) {
    elements += command.length;
    for (const argument of command) length += argument.length;
  }
  return { elements, length };
}

/** Whether a pipeline is handed over at once, as most are. */
export function fitsOneRun(commands: readonly Command[]): boolean {
  if (commands.length > firstCommands) return false;
  if (commands.length === 1) return true;
  const { elements, length } = sizeOf(commands);
  return elements <= maxElements && length <= maxLength;
}

interface Runs {
  readonly exchange: Exchange;
  readonly answers: Budget;
  readonly own: readonly (string | undefined)[];
  /** Of the slots that are not our own. */
  readonly commands: readonly Command[];
  /** Asks the server for a run of them. */
  readonly ask: (from: number, end: number) => Promise<readonly BatchReply[]>;
}

/**
 * Answers a long pipeline run by run: the next is sent when the client has read the one before. So order is kept, no turn of the
 * event loop is long, and what is held is the replies of one run, however many there are.
 *
 * @throws what keeps the first run from being sent; of a later run it is the answer of each slot from there on.
 */
export async function* answersInRuns({
  exchange,
  answers,
  own,
  commands,
  ask,
}: Runs): AsyncGenerator<string | Buffer, void> {
  const { form, token } = exchange;
  let count = firstCommands;
  let slot = 0;
  let failed: { readonly error: Error } | undefined;
  for (let from = 0; from < commands.length;) {
    const end = failed === undefined ? runEnd(commands, from, count) : commands.length;
    using hold = disposable(answers.hold(token.name));
    let replies: readonly BatchReply[];
    try {
      replies = failed === undefined ? await ask(from, end) : repeated(failed, end - from);
      hold.take(bytesOf(replies));
    } catch (error) {
      if (from === 0) throw error;
      failed = { error: error as Error };
      replies = repeated(failed, end - from);
    }
    for (const reply of replies) if ("error" in reply) exchange.noteDenial(reply.error);
    const isLast = end === commands.length;
    const first = slot;
    slot = isLast ? own.length : slotBehind(own, slot, end - from);
    yield* slotPieces(own.slice(first, slot), replies, form, { isFirst: first === 0, isLast });
    const each = bytesOf(replies) / replies.length;
    count = Math.max(1, Math.min(maxCommands, Math.floor(runBytes / (each + 1))));
    from = end;
  }
}

/** Where a run ends that begins at `from`: one command at least. */
function runEnd(commands: readonly Command[], from: number, count: number): number {
  let elements = 0;
  let length = 0;
  let end = from;
  for (; end < commands.length && end - from < count; end += 1) {
    const command = commands[end]!;
    elements += command.length;
    for (const argument of command) length += argument.length;
    if (end > from && (elements > maxElements || length > maxLength)) break;
  }
  return end;
}

/** Behind as many slots as it takes for so many commands. */
function slotBehind(own: readonly (string | undefined)[], from: number, commands: number): number {
  let slot = from;
  for (let left = commands; left > 0; slot += 1) if (own[slot] === undefined) left -= 1;
  return slot;
}

const repeated = (reply: { readonly error: Error }, times: number): BatchReply[] =>
  Array.from({ length: times }, () => reply as unknown as BatchReply);

const disposable = (hold: ReturnType<Budget["hold"]>): typeof hold & Disposable =>
  Object.assign(hold, { [Symbol.dispose]: hold.release });
