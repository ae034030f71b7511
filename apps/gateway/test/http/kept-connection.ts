import { connect } from "node:net";

/** How a client on a kept connection fared. */
export interface Fared {
  /** Requests that were answered. */
  answered: number;
  /** The last answer said that the connection ends with it. */
  last: boolean;
  /** A request was written, and the connection ended without an answer. */
  lost: boolean;
  /** The gateway closed while nothing was asked. */
  closedIdle: boolean;
}

/** A client on one kept connection that asks again a moment after each answer, until the gateway says that an answer is the last. */
export function keptConnection(port: number, request: string, pauseMs: () => number): Promise<Fared> {
  const { promise, resolve } = Promise.withResolvers<Fared>();
  const fared: Fared = { answered: 0, last: false, lost: false, closedIdle: false };
  const socket = connect(port, "127.0.0.1");
  let waits = false;
  let text = "";
  const ask = (): void => {
    if (!socket.writable) return;
    waits = true;
    socket.write(request);
  };
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    if (!/\r\n\r\n.*\}$/s.test(text)) return;
    if (!text.startsWith("HTTP/1.1 200")) throw new Error(text);
    waits = false;
    fared.answered += 1;
    fared.last = /\r\nconnection: close\r\n/i.test(text);
    text = "";
    if (fared.last) socket.end();
    else setTimeout(ask, pauseMs());
  });
  socket.on("connect", ask).on("error", () => "the close says the same");
  socket.on("end", () => (fared.closedIdle = !waits && !fared.last));
  socket.on("close", () => {
    fared.lost = waits;
    resolve(fared);
  });
  return promise;
}
