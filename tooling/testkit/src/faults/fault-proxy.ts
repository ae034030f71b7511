import { createServer } from "node:net";

import { listenOnFreePort } from "../free-port.ts";
import { seededRandom } from "../seeded-random.ts";
import { FaultConnection } from "./fault-connection.ts";
import type { ConnectionOwner } from "./fault-connection.ts";
import { checkFault } from "./fault.ts";
import type { Direction, Fault, FaultEvent, ReplyFault } from "./fault.ts";
import type { ProxyClock } from "./proxy-clock.ts";

export interface FaultProxyOptions {
  /** Where latency jitter comes from. @default seededRandom(1) */
  readonly random?: () => number;
  /** What latency and bandwidth count by. @default the time of the process */
  readonly clock?: ProxyClock;
}

const systemClock: ProxyClock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** How many clients are connected. */
  readonly connections: number;
  /** What happened, in order. */
  readonly history: readonly FaultEvent[];
  /**
   * Puts open and new connections under a fault. Without a direction both ways; a second fault for a direction takes the
   * place of the first. `reply` is of the reply direction, `halfOpen` of both.
   */
  inject(fault: Fault, options?: { readonly direction?: Direction }): void;
  /** Relays again, in both directions. */
  heal(): void;
  /** Resets (RST) every open connection; new ones are accepted. */
  cut(): void;
  /** Resets what is open and stops to listen. */
  close(): Promise<void>;
}

const pass: Fault = { kind: "pass" };

/** Starts a TCP relay on a free port of 127.0.0.1, with faults that can be switched while connections are open. */
export async function startFaultProxy(
  upstream: { readonly host: string; readonly port: number },
  options: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const { random = seededRandom(1), clock = systemClock } = options;
  const faults: Record<Direction, Fault> = { request: pass, reply: pass };
  const connections = new Set<FaultConnection>();
  const open = new Set<FaultConnection>();
  const history: FaultEvent[] = [];
  let accepted = 0;
  let replyFault: { left: number; readonly do: ReplyFault } | undefined;

  const record = (event: Omit<FaultEvent, "atMs">): void =>
    void history.push({ atMs: clock.now(), ...event });
  const owner: ConnectionOwner = {
    upstream: { host: upstream.host, port: upstream.port },
    faults,
    random,
    clock,
    nextReply() {
      if (replyFault === undefined) return undefined;
      replyFault.left -= 1;
      if (replyFault.left > 0) return undefined;
      const what = replyFault.do;
      replyFault = undefined;
      return what;
    },
    record,
    ended: (connection) => void open.delete(connection),
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    accepted += 1;
    const connection = new FaultConnection(client, accepted, owner);
    connections.add(connection);
    open.add(connection);
    client.once("close", () => connections.delete(connection));
  });
  const put = (fault: Fault, direction: Direction | undefined): void => {
    for (const way of ["request", "reply"] as const)
      if (direction === undefined || direction === way) faults[way] = fault;
    if (direction !== "request")
      replyFault = fault.kind === "reply" ? { left: fault.k, do: fault.do } : undefined;
    for (const connection of connections) connection.switch();
  };
  const reset = (): void => {
    for (const connection of connections) connection.reset();
  };
  const close = async (): Promise<void> => {
    reset();
    if (server.listening) await new Promise((closed) => server.close(closed));
  };
  const port = await listenOnFreePort(server);
  return {
    host: "127.0.0.1",
    port,
    history,
    get connections() {
      return open.size;
    },
    inject(fault, { direction } = {}) {
      checkFault(fault);
      if (fault.kind === "halfOpen" && direction !== undefined)
        throw new RangeError(`halfOpen has no direction: ${direction}`);
      if (fault.kind === "reply" && direction === "request")
        throw new RangeError("a reply fault has the direction reply: request");
      const way = fault.kind === "reply" ? "reply" : direction;
      record({ event: "injected", fault, ...(way !== undefined && { direction: way }) });
      put(fault, way);
    },
    heal() {
      record({ event: "healed" });
      put(pass, undefined);
    },
    cut() {
      record({ event: "cut" });
      reset();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
