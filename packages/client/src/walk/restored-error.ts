import type { Namespace } from "@fleet/isolation";
import { ReplyError } from "@fleet/pool";

/** The error as the caller may see it: a server's text that names a key loses the prefix. Every other error is the same object. */
export function restoredError<E>(namespace: Namespace, error: E): E | ReplyError {
  if (!(error instanceof ReplyError)) return error;
  const message = namespace.restoreMessage(error.message);
  if (message === error.message) return error;
  return new ReplyError(message, error.cause instanceof ReplyError ? error.cause : undefined, error.command);
}

/**
 * Gives a server's error the stack of the call. It comes from the decoder, below which there is no caller. Called in what an async
 * function does after its `await`, it finds those that await the call, and costs nothing where there is no error.
 */
export function atCaller<E>(error: E): E {
  if (error instanceof ReplyError) Error.captureStackTrace(error, atCaller);
  return error;
}
