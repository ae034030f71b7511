import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

import { listenOnFreePort } from "./free-port.ts";

export type Fault = { readonly kind: "pass" | "blackhole" };
export type Direction = "request" | "reply";

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** How many clients are connected. */
  readonly connections: number;
  inject(fault: Fault, options?: { readonly direction?: Direction }): void;
  heal(): void;
  /** Resets (RST) every open connection; new ones are accepted. */
  cut(): void;
  close(): Promise<void>;
}

/** A TCP relay in front of a server, with faults that can be switched while connections are open. */
export async function startFaultProxy(upstream: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  const faults: Record<Direction, Fault> = { request: { kind: "pass" }, reply: { kind: "pass" } };
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const remote = connect({ ...upstream, allowHalfOpen: true });
    const pair = [client, remote] as const;
    pairs.add(pair);
    for (const [from, to, direction] of [[client, remote, "request"], [remote, client, "reply"]] as const) {
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        if (faults[direction].kind === "pass") to.write(chunk);
      });
      from.on("end", () => to.end());
      from.on("error", () => to.resetAndDestroy());
      from.on("close", () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  const port = await listenOnFreePort(server);
  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };
  const close = async (): Promise<void> => {
    cut();
    if (server.listening) await new Promise((closed) => server.close(closed));
  };
  return {
    host: "127.0.0.1",
    port,
    get connections() {
      return pairs.size;
    },
    inject(fault, { direction } = {}) {
      for (const way of ["request", "reply"] as const) if (direction === undefined || direction === way) faults[way] = fault;
    },
    heal() {
      faults.request = faults.reply = { kind: "pass" };
    },
    cut,
    close,
    [Symbol.asyncDispose]: close,
  };
}
