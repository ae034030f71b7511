import type { IncomingMessage } from "node:http";

import { TooLargeError } from "../errors.ts";

/**
 * Reads a whole body, whatever it says it is. Calls back once, or never when the client left before it was complete.
 *
 * Past the limit the rest is read and thrown away: a client reads the answer only after it has sent all of its request.
 */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  done: (error: TooLargeError | undefined, body: Buffer) => void,
): void {
  if (Number(request.headers["content-length"]) > limitBytes) {
    request.resume();
    done(new TooLargeError(limitBytes), nothing);
    return;
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let length = 0;
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > limitBytes) {
      request.off("data", onData).off("end", onEnd).resume();
      done(new TooLargeError(limitBytes), nothing);
      return;
    }
    if (first === undefined) first = chunk;
    else (more ??= [first]).push(chunk);
  };
  const onEnd = (): void =>
    done(undefined, more === undefined ? (first ?? nothing) : Buffer.concat(more, length));
  request.on("data", onData).on("end", onEnd);
}

const nothing = Buffer.alloc(0);
