/**
 * The error, if it is one of Node's own (socket, TLS, file) and so carries no command and no secret; ioredis' errors
 * carry the command with its arguments, passwords included, and are never passed on.
 */
export function plainCause(error: unknown): Error | undefined {
  return error instanceof Error && !("command" in error) && "code" in error && typeof error.code === "string"
    ? error
    : undefined;
}
