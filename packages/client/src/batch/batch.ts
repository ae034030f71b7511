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
} from "@fleet/isolation";
import { ReplyError, type ReplyTooLargeError } from "@fleet/pool";
import type { BatchReply as LaneReply, Encoding, UnsentError, WrongLaneError } from "@fleet/pool/ioredis";

import type { LargeReplies } from "../walk/large-replies.ts";
import { atCaller, restoredError } from "../walk/restored-error.ts";
import { restoredReply } from "../walk/restored-reply.ts";

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
        | ForeignKeyError;
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

/** The commands of a batch that may be sent, and the places of those that may not. */
export class ScopedBatch {
  /** A batch that only reads is routed, and repeated, as a read. */
  readonly access: Access;
  /** One for all of them, so that they keep their order. */
  readonly lane: Lane;
  readonly commands: readonly Command[];
  readonly #namespace: Namespace;
  readonly #large: LargeReplies;
  readonly #encoding: Encoding | undefined;
  readonly #slots: readonly (ScopedCommand | Refusal)[];

  /** @throws the first refusal, when the batch is atomic: nothing of it is sent. */
  constructor(
    namespace: Namespace,
    commands: readonly Command[],
    { atomic, encoding }: BatchTerms,
    large: LargeReplies,
  ) {
    let access: Access = "read";
    let lane: Lane = "shared";
    const slots: (ScopedCommand | Refusal)[] = [];
    const sent: Command[] = [];
    for (const command of commands) {
      try {
        const scoped = namespace.scope(command);
        if (scoped.access === "write") access = "write";
        if (large.laneOf(scoped, namespace.project) === "bulk") lane = "bulk";
        slots.push(scoped);
        sent.push(scoped.command);
      } catch (error) {
        if (
          atomic === true ||
          !(error instanceof CommandNotAllowedError || error instanceof InvalidCommandError)
        )
          throw error;
        slots.push(error);
      }
    }
    this.#namespace = namespace;
    this.#large = large;
    this.#encoding = encoding;
    this.access = access;
    this.lane = lane;
    this.commands = sent;
    this.#slots = slots;
  }

  /** The batch failed as a whole: as a transaction does whose replies are too large together. */
  noteFailed(error: unknown): void {
    for (const [name] of this.commands) this.#large.noteFailed(error, name, this.#namespace.project);
  }

  /** The replies of the sent ones, and the refusals, in the order of the caller's commands. */
  collect(replies: readonly LaneReply[], listener?: ReplyListener): readonly BatchReply[] {
    let next = 0;
    return this.#slots.map((slot): BatchReply => {
      if (slot instanceof Error) return { error: slot };
      const reply = replies[next++];
      if (reply === undefined) throw new TypeError("the lane answered fewer replies than it got commands");
      const [name] = slot.command;
      if ("error" in reply) {
        if (!(reply.error instanceof ReplyError)) {
          this.#large.noteFailed(reply.error, name, this.#namespace.project);
          return { error: reply.error };
        }
        listener?.refused(reply.error);
        return { error: atCaller(restoredError(this.#namespace, reply.error)) };
      }
      this.#large.note(reply.value, name, this.#namespace.project);
      try {
        const value = restoredReply(slot, reply.value, this.#encoding);
        return value === reply.value ? reply : { value };
      } catch (error) {
        if (!(error instanceof ForeignKeyError)) throw error;
        listener?.distrusted(error);
        return { error };
      }
    });
  }
}
