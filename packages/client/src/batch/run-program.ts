import type { Program, Reply } from "@fleet/isolation";
import { encodeReply, type BatchReply, type Command } from "@fleet/pool/ioredis";
import type { Encoding } from "@fleet/pool/ioredis";

/** What a program asks: the connections of one endpoint. */
export interface Asked {
  batch(
    commands: readonly Command[],
    options: ProgramOptions & { readonly encoding: "buffer" },
  ): Promise<readonly BatchReply[]>;
}

/** Of the call; the deadline is that of all steps together. */
export interface ProgramOptions {
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  readonly maxReplyBytes?: number | undefined;
}

/** What a program has come to: the reply for the caller, or its own refusal to go on. */
export type ProgramResult = { readonly reply: Reply } | { readonly refusal: unknown };

/**
 * Runs a program, a step after the other.
 *
 * @param answered is called with each step that was answered.
 * @throws what the lane rejects with, and the server's error to a step: both say something about the endpoint.
 */
export async function runProgram(
  program: Program,
  lane: Asked,
  options: ProgramOptions,
  answered: () => void = () => {},
): Promise<ProgramResult> {
  let step: ReturnType<Program["next"]>;
  let replies: readonly Reply[] = [];
  for (;;) {
    try {
      step = program.next(replies);
    } catch (refusal) {
      return { refusal };
    }
    if (step.done === true) return { reply: step.value };
    const slots = await lane.batch(step.value, { ...options, encoding: "buffer" });
    answered();
    replies = slots.map((slot) => {
      if ("error" in slot) throw slot.error;
      return slot.value;
    });
  }
}

/** The reply of a program as a command's would be: programs read and answer bytes, and text only where the server answers a status. */
export function encodedReply(reply: Reply, encoding: Encoding | undefined): Reply {
  if (encoding === "wire")
    return typeof reply === "string" ? Buffer.from(`+${reply}\r\n`) : encodeReply(reply as never);
  return encoding === "buffer" ? reply : textOf(reply);
}

function textOf(reply: Reply): Reply {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? (reply as readonly Reply[]).map(textOf) : reply;
}
