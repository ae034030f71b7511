import { ReplyError, ReplyTooLargeError, WrongLaneError } from "../../../errors.ts";
import { type Sender, type TakeReply, unreadable, WireCommand } from "../../commands/wire-command.ts";
import type { ReplyLimits } from "../../resp/reply-limits.ts";
import {
  type BatchReply,
  decodeAt,
  type Encoding,
  type Place,
  placesOf,
  type Reply,
  type UnsentError,
} from "../../resp/reply.ts";
import { type BatchLimits, ofTransaction, wordsOf } from "./lane-limits.ts";

interface BatchSettings {
  readonly encoding: Encoding;
  readonly limits: BatchLimits;
  readonly startedAt: number;
  readonly deadline: number;
}

const multi = "*1\r\n$5\r\nMULTI\r\n";
const exec = "*1\r\n$4\r\nEXEC\r\n";

/** Several commands that have one promise. */
export class Batch {
  readonly promise: Promise<readonly BatchReply[]>;
  readonly #sender: Sender;
  readonly #settings: BatchSettings;
  readonly #wires: WireCommand[] = [];
  #resolve!: (replies: readonly BatchReply[]) => void;
  #reject!: (error: unknown) => void;
  #unwatch: (() => void) | undefined;

  constructor(sender: Sender, settings: BatchSettings) {
    this.#sender = sender;
    this.#settings = settings;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /**
   * One slot for each; a refusal and an error reply stay in their slots, and so does that one was not sent where others were. Any
   * other error ends the batch.
   */
  pipeline(payloads: readonly (string | Buffer | WrongLaneError)[]): readonly WireCommand[] {
    const replies: BatchReply[] = [];
    let due = payloads.length;
    const fill = (slot: number, reply: BatchReply): void => {
      replies[slot] = reply;
      due -= 1;
      if (due === 0) this.#end(() => this.#resolve(replies));
    };
    for (const [slot, payload] of payloads.entries()) {
      if (payload instanceof WrongLaneError) {
        fill(slot, { error: payload });
        continue;
      }
      this.#add(
        payload,
        (value) => fill(slot, { value }),
        (error) =>
          error instanceof ReplyError || error instanceof ReplyTooLargeError || this.#isPartial(error)
            ? fill(slot, { error })
            : this.#fail(error),
      );
    }
    return this.#wires;
  }

  /** MULTI, the commands, EXEC: only EXEC's reply counts, the others say that they are queued or why not. */
  transaction(payloads: readonly (string | Buffer)[]): readonly WireCommand[] {
    let refusal: ReplyError | undefined;
    const refused = (error: unknown): void => {
      if (error instanceof ReplyError) refusal ??= error;
      else this.#fail(error);
    };
    const { limits } = this.#settings;
    for (const payload of [multi, ...payloads])
      this.#add(payload, () => undefined, refused, { ...limits, budget: undefined });
    this.#add(
      exec,
      () => undefined,
      (error) => {
        this.#fail(
          error instanceof ReplyError && refusal !== undefined
            ? new ReplyError(error.message, refusal, error.command)
            : error,
        );
      },
      ofTransaction(limits, payloads.length),
      (bytes, start) => this.#executed(bytes, start),
    );
    for (const wire of this.#wires.slice(1)) wire.isTied = true;
    return this.#wires;
  }

  watch(signal: AbortSignal): void {
    const abort = (): void => this.#fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#unwatch = () => signal.removeEventListener("abort", abort);
  }

  #executed(bytes: Buffer, start: number): void {
    const places = placesOf(bytes, start);
    // A null would mean that a watched key changed, and nothing watches on a shared connection.
    if (places === undefined)
      return this.#fail(new ReplyError("EXECABORT Transaction discarded", undefined, "EXEC"));
    return this.#end(() => this.#resolve(places.map((place, index) => this.#slot(bytes, place, index))));
  }

  #slot(bytes: Buffer, { start, end, elements }: Place, index: number): BatchReply {
    const { encoding, limits } = this.#settings;
    // The first wire is MULTI.
    const wire = this.#wires[index + 1]!;
    const over =
      end - start > limits.maxReplyBytes
        ? "bytes"
        : elements > limits.maxReplyElements
          ? "elements"
          : undefined;
    if (over !== undefined) return tooLarge(wire, wordsOf({ ...limits, budget: undefined }, over));
    try {
      return { value: decodeAt(bytes, start, end, encoding) };
    } catch (error) {
      return error instanceof ReplyError
        ? { error: new ReplyError(error.message, undefined, wire.verb) }
        : tooLarge(wire, unreadable);
    }
  }

  #add(
    payload: string | Buffer,
    resolve: (value: Reply) => void,
    reject: (error: unknown) => void,
    limits: ReplyLimits = this.#settings.limits,
    take?: TakeReply,
  ): void {
    const { encoding, startedAt, deadline } = this.#settings;
    this.#wires.push(
      new WireCommand(this.#sender, payload, encoding, limits, startedAt, deadline, resolve, reject, take),
    );
  }

  /** Whether a command was not sent of which others were: to say so of all would have them sent again. */
  #isPartial(error: unknown): error is UnsentError {
    const { outcome } = (error ?? {}) as { readonly outcome?: unknown };
    return outcome === "not-sent" && this.#wires.some((wire) => wire.hasLeft);
  }

  /** One failed, so all have: the others' replies are dropped. */
  #fail(error: unknown): void {
    this.#end(() => this.#reject(error));
    for (const wire of this.#wires) wire.fail(error);
  }

  #end(settle: () => void): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    settle();
  }
}

function tooLarge(wire: WireCommand, limit: string): BatchReply {
  return { error: wire.sender.tooLarge(wire, limit) };
}
