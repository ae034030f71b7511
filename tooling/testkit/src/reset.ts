import type { Socket } from "node:net";

/**
 * Resets (RST) a connection; one whose end is under way is closed instead. Node's `resetAndDestroy` cannot do that: libuv
 * refuses a reset during a shutdown, and after the refusal Node never closes the handle. Its descriptor stays open, and the
 * process spins for ever at its exit.
 *
 * @param over the TLS socket that runs over this one, whose end is this one's too.
 */
export function reset(socket: Socket, over: Socket = socket): void {
  if (isEnding(socket) || isEnding(over)) socket.destroy();
  // oxlint-disable-next-line no-restricted-properties -- the one place that has asked before
  else socket.resetAndDestroy();
}

const isEnding = (socket: Socket): boolean => socket.writableEnded && !socket.writableFinished;
