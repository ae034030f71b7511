import {
  type Access,
  type Command,
  CommandNotAllowedError,
  ForeignKeyError,
  InvalidCommandError,
  type Lane,
  type Namespace,
  type Reply,
  type ScopedCommand,
  type TooManyKeysError,
  type UnfinishedError,
} from "@fleet/isolation";
import { ReplyError, type ReplyTooLargeError } from "@fleet/pool";
import type { Encoding, UnsentError, WrongLaneError } from "@fleet/pool/ioredis";
import type { Clock } from "@fleet/time";

import { sendBatch } from "../users/as-user.ts";
import type { Connections } from "../users/project-lanes.ts";
import type { Call } from "../walk/call.ts";
import type { LargeReplies } from "../walk/large-replies.ts";
import { atCaller, restoredError } from "../walk/restored-error.ts";
import { restoredReply } from "../walk/restored-reply.ts";
import { encodedReply, runProgram } from "./run-program.ts";

/** One slot of a batch: its reply, or why there is none. */
export type BatchReply =
  | { readonly value: Reply }
  | {
      readonly error:
        | ReplyError
        | ReplyTooLargeError
        | UnsentError
        | WrongLaneError
        | CommandNotAllowedError
        | InvalidCommandError
        | ForeignKeyError
        | TooManyKeysError
        | UnfinishedError;
    };

/** Called for replies that say something about the endpoint. */
interface ReplyListener {
  /** The reply is withheld: it answers another command. */
  readonly distrusted: (error: ForeignKeyError) => void;
  readonly refused: (error: ReplyError) => void;
}

interface BatchTerms {
  readonly atomic?: boolean | undefined;
  readonly encoding?: Encoding | undefined;
}

type Refusal = CommandNotAllowedError | InvalidCommandError;

/** Of a command that may be sent: what the caller gave, and what becomes of it. */
interface Slot {
  readonly given: Command;
  readonly scoped: ScopedCommand;
}

/** The commands of a batch that may be sent, and the places of those that may not. */
export class ScopedBatch {
  /** A batch that only reads is routed, and repeated, as a read. */
  readonly access: Access;
  /** One for all of them, so that they keep their order. */
  readonly lane: Lane;
  readonly commands: readonly Command[];
  /** Whether they go in several steps: one is a program, or goes as the fleet amid others that go as a project's user. */
  readonly isStepped: boolean;
  /** The first refusal of a command that stands in no table: the server may know it. */
  readonly unknown: CommandNotAllowedError | undefined;
  readonly #namespace: Namespace;
  readonly #large: LargeReplies;
  readonly #encoding: Encoding | undefined;
  readonly #slots: readonly (Slot | Refusal)[];

  /** @throws the first refusal, when the batch is atomic: nothing of it is sent. */
  constructor(
    namespace: Namespace,
    commands: readonly Command[],
    { atomic, encoding }: BatchTerms,
    large: LargeReplies,
  ) {
    let access: Access = "read";
    let lane: Lane = "shared";
    let isStepped = false;
    let unknown: CommandNotAllowedError | undefined;
    const slots: (Slot | Refusal)[] = [];
    const sent: Command[] = [];
    for (const command of commands) {
      try {
        const scoped = namespace.scope(command);
        if (scoped.access === "write") access = "write";
        if (scoped.program !== undefined) {
          if (atomic === true) throw new CommandNotAllowedError(command[0].toUpperCase(), "transaction");
          isStepped = true;
        } else if (scoped.as === "fleet") isStepped ||= atomic !== true;
        if (large.laneOf(scoped, namespace.project) === "bulk") lane = "bulk";
        slots.push({ given: command, scoped });
        sent.push(scoped.command);
      } catch (error) {
        if (
          atomic === true ||
          !(error instanceof CommandNotAllowedError || error instanceof InvalidCommandError)
        )
          throw error;
        if (error instanceof CommandNotAllowedError && error.reason === "unknown") unknown ??= error;
        slots.push(error);
      }
    }
    this.#namespace = namespace;
    this.#large = large;
    this.#encoding = encoding;
    this.access = access;
    this.lane = lane;
    this.commands = sent;
    this.isStepped = isStepped;
    this.unknown = unknown;
    this.#slots = slots;
  }

  /** A batch, or the refusal of an atomic one. */
  static of(
    ...given: ConstructorParameters<typeof ScopedBatch>
  ): ScopedBatch | { readonly refusal: unknown } {
    try {
      return new ScopedBatch(...given);
    } catch (refusal) {
      return { refusal };
    }
  }

  /** The batch failed as a whole: as a transaction does whose replies are too large together. */
  noteFailed(error: unknown): void {
    for (const [name] of this.commands) this.#large.noteFailed(error, name, this.#namespace.project);
  }

  /**
   * Sends what there is to send: in one write, or in steps. A program waits for what stands before it, and what stands behind it waits for the program. Once a
   * step of a batch that writes is answered, the call is final: a second time would write twice.
   */
  async send(
    connections: Pick<Connections, "lane">,
    call: Call,
    clock: Clock,
  ): Promise<readonly BatchReply[]> {
    const lane = connections.lane(this.lane);
    if (!this.isStepped) return sendBatch(lane, this.commands, call, clock);
    const fleets = call.target?.pool.lane(this.lane) ?? lane;
    const replies: BatchReply[] = [];
    let plain: Command[] = [];
    let plainLane = lane;
    let leftBytes = call.maxRepliesBytes ?? lane.maxRepliesBytes;
    const answered = (): void => {
      if (this.access === "write") call.isFinal = true;
    };
    const flush = async (): Promise<void> => {
      if (plain.length === 0) return;
      call.maxRepliesBytes = Math.max(leftBytes, 1);
      for (const reply of await sendBatch(plainLane, plain, call, clock)) {
        replies.push(reply);
        if ("value" in reply) leftBytes -= sizeOf(reply.value);
      }
      plain = [];
      answered();
    };
    for (const slot of this.#slots) {
      if (slot instanceof Error) continue;
      const { program, command, as } = slot.scoped;
      const slotLane = as === "fleet" ? fleets : lane;
      if (program !== undefined || slotLane !== plainLane) await flush();
      if (program === undefined) {
        plainLane = slotLane;
        plain.push(command);
        continue;
      }
      const { giveUpAt, deadline = giveUpAt, signal } = call;
      replies.push(await this.#run(program(), slotLane, { deadline, signal }, answered));
    }
    await flush();
    return replies;
  }

  async #run(...given: Parameters<typeof runProgram>): Promise<BatchReply> {
    try {
      const result = await runProgram(...given);
      if ("reply" in result) return { value: encodedReply(result.reply, this.#encoding) };
      return { error: result.refusal as TooManyKeysError };
    } catch (error) {
      if (error instanceof ReplyError) return { error };
      throw error;
    }
  }

  /** The replies of the sent ones, and the refusals, in the order of the caller's commands. */
  collect(replies: readonly BatchReply[], listener?: ReplyListener): readonly BatchReply[] {
    let next = 0;
    return this.#slots.map((slot): BatchReply => {
      if (slot instanceof Error) return { error: slot };
      const reply = replies[next++];
      if (reply === undefined) throw new TypeError("the lane answered fewer replies than it got commands");
      const [name] = slot.given;
      if ("error" in reply) {
        if (reply.error instanceof ForeignKeyError) listener?.distrusted(reply.error);
        if (!(reply.error instanceof ReplyError)) {
          this.#large.noteFailed(reply.error, name, this.#namespace.project);
          return { error: reply.error };
        }
        listener?.refused(reply.error);
        return { error: atCaller(restoredError(this.#namespace, reply.error, slot.given)) };
      }
      this.#large.note(reply.value, name, this.#namespace.project);
      try {
        const value = restoredReply(slot.scoped, reply.value, this.#encoding);
        return value === reply.value ? reply : { value };
      } catch (error) {
        if (!(error instanceof ForeignKeyError)) throw error;
        listener?.distrusted(error);
        return { error };
      }
    });
  }
}

/** The reply of a batch of one. @throws the error of its slot. */
export function onlyValue([slot]: readonly BatchReply[]): Reply {
  if ("error" in slot!) throw slot.error;
  return slot!.value;
}

/** The bytes of a reply, without what frames them. */
function sizeOf(reply: Reply): number {
  if (typeof reply === "string" || Buffer.isBuffer(reply)) return reply.length;
  if (!Array.isArray(reply)) return 8;
  return (reply as readonly Reply[]).reduce((sum: number, element) => sum + sizeOf(element), 0);
}
