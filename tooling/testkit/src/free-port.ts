import { createServer } from "node:net";
import type { Server } from "node:net";

const lowest = 10_240;
const highest = 32_767;
/** How far above its port a cluster node's bus port is by default. */
const busDistance = 10_000;
const attempts = 50;

/**
 * A TCP port of 127.0.0.1 that was free a moment ago. Below every system's ephemeral range on purpose: there a client
 * that redials a dead port can end up connected to itself, and a killed server can find its own port taken. With `bus`
 * the same holds for the port of a cluster node's bus.
 */
export async function freePort(options: { readonly bus?: boolean } = {}): Promise<number> {
  const probe = createServer();
  const port = await listenOnFreePort(probe, options.bus === true ? highest - busDistance : highest);
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** Makes a server listen on a free port of 127.0.0.1 and answers the port. */
export async function listenOnFreePort(server: Server, most: number = highest): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = lowest + Math.floor(Math.random() * (most - lowest + 1));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => {
          server.off("error", reject);
          resolve();
        });
      });
      return port;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EADDRNOTAVAIL")
        throw new Error(
          "this machine has no 127.0.0.1, where servers of tests and of `start` listen; `sudo ip address add 127.0.0.1/8 dev lo` gives it one",
          { cause: error },
        );
      if (code !== "EADDRINUSE" || attempt === attempts) throw error;
    }
  }
}
