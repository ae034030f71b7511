import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

import { encodeCommand, readFrame, RedisError } from "../resp.ts";

/** Where an admin call goes, and as which user. */
export interface AdminAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  /** CA and, where the server asks for one, a client certificate. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/**
 * Sends commands over a connection of their own and answers the last reply; an error reply is thrown as RedisError.
 *
 * A connection per call, and forty lines instead of a client: nothing to reconnect after a kill or a restart, nothing
 * left open that a test would count in CLIENT LIST, and the code under test is not proved with itself.
 */
export function adminCall(
  address: AdminAddress,
  calls: readonly (readonly string[])[],
  timeoutMs = 30_000,
): Promise<unknown> {
  const { host, port, username, password, tls } = address;
  return new Promise((resolve, reject) => {
    const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls });
    const commands = [...calls];
    if (password !== undefined) commands.unshift(["AUTH", username ?? "default", password]);
    let received = Buffer.alloc(0);
    let replies = 0;
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(
      () => finish(() => reject(new Error(`no reply from ${host}:${port} within ${timeoutMs} ms`))),
      timeoutMs,
    );
    socket.setNoDelay(true);
    socket.once("error", (error) => finish(() => reject(error)));
    socket.once("close", () => finish(() => reject(new Error(`${host}:${port} closed the connection`))));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      try {
        for (let frame = readFrame(received); frame !== undefined; frame = readFrame(received)) {
          received = received.subarray(frame.end);
          replies += 1;
          const { value } = frame;
          if (value instanceof RedisError) return finish(() => reject(value));
          if (replies === commands.length) return finish(() => resolve(value));
          if (received.length === 0) return;
        }
      } catch (error) {
        finish(() => reject(error));
      }
    });
    socket.write(Buffer.concat(commands.map(encodeCommand)));
  });
}
