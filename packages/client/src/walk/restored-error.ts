import type { Command, Namespace } from "@fleet/isolation";
import { ReplyError } from "@fleet/pool";

/**
 * The error as the caller may see it: a server's text that names a key loses the prefix. Every other error is the same object.
 *
 * @param commands what the caller gave: the error is the answer to one of them.
 */
export function restoredError<E>(
  namespace: Namespace,
  error: E,
  ...commands: readonly Command[]
): E | ReplyError {
  if (!(error instanceof ReplyError)) return error;
  const message = namespace.restoreMessage(error.message, ...commands);
  // Why a transaction was discarded.
  const cause: unknown = restoredError(namespace, error.cause, ...commands);
  if (message === error.message && cause === error.cause) return error;
  return new ReplyError(message, cause instanceof ReplyError ? cause : undefined, error.command);
}

/**
 * Gives a server's error the stack of the call. It comes from the decoder, below which there is no caller. Called in what an async
 * function does after its `await`, it finds those that await the call, and costs nothing where there is no error.
 */
export function atCaller<E>(error: E): E {
  if (error instanceof ReplyError) Error.captureStackTrace(error, atCaller);
  return error;
}
