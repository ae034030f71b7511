import type { IncomingMessage, ServerResponse } from "node:http";

import { ContentEncodingError, TooLargeError } from "../errors.ts";
import type { Budget, Hold } from "./budget.ts";

/** Smaller bodies are not counted: their sum is bounded by the connections. */
const smallBytes = 16_384;

export interface BodyOptions {
  readonly limitBytes: number;
  /** Of the bodies under way, and whose this one is. */
  readonly budget: Budget;
  readonly owner: string;
}

/**
 * Reads a whole body, whatever its content type. Calls back once, or never when the client left before it was complete. Until the
 * request is answered the body counts among those under way.
 *
 * Once it is refused the rest is read and thrown away: a client reads the answer only after it has sent all of its request.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { limitBytes, budget, owner }: BodyOptions,
  done: (error: Error | undefined, body: Buffer, hold: Hold | undefined) => void,
): void {
  let hold: Hold | undefined;
  const count = (bytes: number): void => {
    if (hold === undefined) {
      hold = budget.hold(owner);
      response.once("close", hold.release);
    }
    hold.take(bytes);
  };
  const refuse = (error: Error): void => {
    request.off("data", onData).off("end", onEnd).resume();
    done(error, nothing, undefined);
  };
  const announced = Number(request.headers["content-length"]);
  let counted = 0;
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let length = 0;
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    try {
      if (length > limitBytes) throw new TooLargeError(limitBytes);
      if (length > smallBytes && length > counted) {
        count(length - counted);
        counted = length;
      }
    } catch (error) {
      refuse(error as Error);
      return;
    }
    if (first === undefined) first = chunk;
    else (more ??= [first]).push(chunk);
  };
  const onEnd = (): void =>
    done(undefined, more === undefined ? (first ?? nothing) : Buffer.concat(more, length), hold);
  try {
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "" && encoding !== "identity")
      throw new ContentEncodingError();
    if (announced > limitBytes) throw new TooLargeError(limitBytes);
    if (announced > smallBytes) {
      count(announced);
      counted = announced;
    }
  } catch (error) {
    refuse(error as Error);
    return;
  }
  request.on("data", onData).on("end", onEnd);
}

const nothing = Buffer.alloc(0);
