import type { Redis } from "ioredis";

import { CommandRefusedError, ConnectionError, ReplyError } from "../../errors.ts";

/** What of an ioredis command is looked at here. */
type Sent = Parameters<Redis["sendCommand"]>[0];

/**
 * Makes every error of a leased connection's commands one of this package: with a code, an outcome, the command's name and the stack of
 * the line that sent it, and without its arguments, which ioredis hangs on its own.
 *
 * @param cause the socket's error, once there was one.
 */
export function ownErrors(redis: Redis, name: string, cause: () => Error | undefined): void {
  const send = redis.sendCommand.bind(redis);
  /** The commands since MULTI, whose errors come in the reply of EXEC. */
  let queued: string[] | undefined;
  /** The commands of a pipeline are sent by one line. */
  let pipeline: { readonly stream: unknown; readonly origin: Error } | undefined;
  redis.sendCommand = (command, stream) => {
    // What this package asks by itself has no promise, and errors of its own.
    if (command.promise === undefined) return send(command, stream);
    const verb = command.name.toUpperCase();
    const origin =
      stream !== undefined && stream === pipeline?.stream ? pipeline.origin : new Error("sent here");
    pipeline = stream === undefined ? undefined : { stream, origin };
    let sending = true;
    const { reject } = command;
    command.reject = (error: Error) => {
      // One of this package ends several commands.
      const isOwn = "code" in error && String(error.code).startsWith("FLEET_");
      reject(isOwn ? error : at(origin, own(error, verb, sending ? "not-sent" : "unknown")));
    };
    if (verb === "MULTI") queued = [];
    else if (verb === "DISCARD") queued = undefined;
    else if (verb !== "EXEC") queued?.push(verb);
    else if (queued !== undefined) {
      ownSlots(command, queued, origin);
      queued = undefined;
    }
    try {
      return send(command, stream);
    } finally {
      sending = false;
    }
  };

  function own(error: Error, verb: string, outcome: "not-sent" | "unknown"): Error {
    if (error.name === "ReplyError") return new ReplyError(error.message, undefined, verb);
    // Only the text of the error distinguishes a socket that is gone from a command that ioredis refuses to send.
    return outcome === "unknown" || /closed|writeable/.test(error.message)
      ? new ConnectionError(name, "lost", error.message, outcome, cause())
      : new CommandRefusedError(name, verb, error.message);
  }
}

function ownSlots(command: Sent, queued: readonly string[], origin: Error): void {
  const { resolve } = command;
  command.resolve = (reply: unknown) => {
    if (!Array.isArray(reply)) return resolve(reply);
    const first = queued.length - reply.length;
    const slots = (reply as readonly unknown[]).map((slot, index) =>
      slot instanceof Error
        ? at(origin, new ReplyError(slot.message, undefined, queued[first + index]))
        : slot,
    );
    return resolve(slots);
  };
}

/** The error with the frames of the line that sent the command: its own begin where the reply was decoded. */
function at<E extends Error>({ stack = "" }: Error, error: E): E {
  const frames = stack.slice(stack.indexOf("\n    at ") + 1);
  error.stack = `${error.name}: ${error.message}\n${frames}`;
  return error;
}
