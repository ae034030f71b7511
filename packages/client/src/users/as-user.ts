import type { Command, Namespace } from "@fleet/isolation";
import { ReplyError } from "@fleet/pool";
import type { BatchReply, RedisPool, SendOptions } from "@fleet/pool/ioredis";
import { type Clock, within } from "@fleet/time";

/** What a call has that may go as a project's user. */
interface UserCall extends SendOptions {
  project?: string | undefined;
  toRepair?: readonly Command[] | undefined;
  readonly atomic?: boolean;
  readonly giveUpAt: number;
  readonly target:
    | { readonly openUsers: { repair(project: string): Promise<boolean> } | undefined }
    | undefined;
}

/** The commands go as the user of the namespace's project; those of no project go as the fleet's. */
export function asUser(call: UserCall, namespace: Namespace | undefined, commands: readonly Command[]): void {
  if (namespace?.project === undefined) return;
  call.project = namespace.project;
  call.toRepair = commands;
}

/**
 * Whether the server refused the call's user, and knows it rightly now: the call may be sent once more, as nothing was executed. Once
 * for each call.
 *
 * @throws the error itself when the time of the call is up, or its signal's reason.
 */
export async function isRepaired(call: UserCall, error: unknown, clock: Clock): Promise<boolean> {
  const { project, toRepair, target, signal } = call;
  if (project === undefined || toRepair === undefined || !isDenied(error)) return false;
  call.toRepair = undefined;
  // A script may answer what it likes, a refusal too, after it has written.
  if (toRepair.some(([name]) => /^(?:EVAL|FCALL)/i.test(name))) return false;
  // Where the server cannot be asked, its refusal is what the caller gets.
  const repair = target?.openUsers?.repair(project).catch(() => false) ?? Promise.resolve(false);
  return within(repair, { clock, ms: call.giveUpAt - clock.now(), late: () => error as Error, signal });
}

/** Sends a batch; once more where the server refused its user, and so all of it. */
export async function sendBatch(
  lane: Pick<RedisPool["shared"], "batch">,
  commands: readonly Command[],
  call: UserCall,
  clock: Clock,
): Promise<readonly BatchReply[]> {
  let replies: readonly BatchReply[];
  try {
    replies = await lane.batch(commands, call);
  } catch (error) {
    if (await isRepaired(call, error, clock)) return lane.batch(commands, call);
    throw error;
  }
  if (call.toRepair === undefined) return replies;
  const refusals = replies.flatMap((reply) =>
    "error" in reply && isDenied(reply.error) ? [reply.error] : [],
  );
  // With some of them executed, the others would run twice or out of order.
  if (refusals.length < replies.length) return replies;
  return (await isRepaired(call, refusals[0], clock)) ? lane.batch(commands, call) : replies;
}

/** Whether the server refused the user itself: nothing was executed. What discarded a transaction is its cause. */
function isDenied(error: unknown): boolean {
  if (!(error instanceof ReplyError)) return false;
  if (error.prefix === "EXECABORT") return isDenied(error.cause);
  return error.prefix === "NOPERM" || error.prefix === "NOAUTH";
}
