import { ReplyError, WrongLaneError } from "../../../errors.ts";
import { type Sender, type TakeReply, WireCommand } from "../../commands/wire-command.ts";
import type { ReplyLimits } from "../../resp/reply-limits.ts";
import { type BatchReply, decodeAt, type Encoding, placesOf, type Reply } from "../../resp/reply.ts";

interface BatchSettings {
  readonly encoding: Encoding;
  readonly limits: ReplyLimits;
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

  /** One slot for each; a refusal and an error reply stay in their slots, any other error ends the batch. */
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
        (error) => (error instanceof ReplyError ? fill(slot, { error }) : this.#fail(error)),
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
    for (const payload of [multi, ...payloads]) this.#add(payload, () => undefined, refused);
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
      (bytes, start) => this.#executed(bytes, start),
    );
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
    const replies: BatchReply[] = [];
    for (let slot = 0; slot + 1 < places.length; slot += 1)
      replies.push(this.#slot(bytes, places[slot]!, places[slot + 1]!, slot));
    return this.#end(() => this.#resolve(replies));
  }

  #slot(bytes: Buffer, start: number, end: number, index: number): BatchReply {
    try {
      return { value: decodeAt(bytes, start, end, this.#settings.encoding) };
    } catch (error) {
      const text = error instanceof ReplyError ? error.message : String(error);
      // The first wire is MULTI.
      return { error: new ReplyError(text, undefined, this.#wires[index + 1]?.verb) };
    }
  }

  #add(
    payload: string | Buffer,
    resolve: (value: Reply) => void,
    reject: (error: unknown) => void,
    take?: TakeReply,
  ): void {
    const { encoding, limits, startedAt, deadline } = this.#settings;
    this.#wires.push(
      new WireCommand(this.#sender, payload, encoding, limits, startedAt, deadline, resolve, reject, take),
    );
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
