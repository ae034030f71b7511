import { ReplyError } from "@fleet/pool";

/** A replica's word for a write. */
export function isReadonly(error: unknown): boolean {
  return error instanceof Error && textOf(error).startsWith("READONLY");
}

/**
 * Whether nothing was executed, for sure: a script may answer READONLY in words of its own after it has written. What discarded a
 * transaction is its cause.
 */
export function isOfReplica(error: unknown): boolean {
  return error instanceof Error && textOf(error) === "READONLY You can't write against a read only replica.";
}

function textOf({ message, cause }: Error): string {
  return cause instanceof ReplyError ? cause.message : message;
}
