import type { Figures } from "../harness/scenario.ts";
import { closedLoop } from "../load/closed-loop.ts";
import { inFlight, keyOf, shuffled, valueOf } from "../load/keys.ts";
import type { Peer, PeerRequest, Session, Workload } from "../load/peer.ts";
import { answerRequests } from "./answer-requests.ts";

// The process of one peer. It has its own compiler, heap and event loop, so that no other peer's garbage or type feedback is
// paid by another; between its rounds it does nothing but hold its connections.

let session: Session | undefined;
let order: readonly number[] = [];

async function connect({ peer, server, seed }: Extract<PeerRequest, { type: "connect" }>): Promise<void> {
  const loaded = (await import(new URL(`peers/${peer}.ts`, import.meta.url).href)) as { readonly peer: Peer };
  const opened = await loaded.peer.connect(server);
  session = opened;
  order = shuffled(seed);
  await Promise.all(order.map((index) => opened.set(keyOf("get", index), valueOf(index))));
}

async function round(workload: Workload, roundMs: number): Promise<Figures> {
  const opened = session!;
  const keys = order.map((index) => keyOf(workload, index));
  const values = order.map(valueOf);
  let next = 0;
  const turn = (): number => (next = next + 1 === keys.length ? 0 : next + 1);
  const call =
    workload === "get"
      ? async (): Promise<void> => {
          const index = turn();
          if ((await opened.get(keys[index]!)) !== values[index])
            throw new Error(`GET ${keys[index]} answered something else`);
        }
      : async (): Promise<void> => {
          const index = turn();
          if ((await opened.set(keys[index]!, values[index]!)) !== "OK")
            throw new Error("SET did not answer OK");
        };
  return closedLoop({ inFlight, durationMs: roundMs, call });
}

answerRequests(
  (request: PeerRequest) =>
    request.type === "connect" ? connect(request) : round(request.workload, request.roundMs),
  async () => session?.close(),
);
