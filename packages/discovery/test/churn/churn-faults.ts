import { setTimeout as sleep } from "node:timers/promises";

import type { FaultProxy } from "@fleet/testkit";
import type { AnyApiServer, ApiServerDouble, DoubleFault } from "@fleet/testkit/kubernetes";

/** Something that goes wrong, by name. It is over when it resolves, or after `heal`. */
export interface ChurnFault {
  readonly name: string;
  readonly happen: () => unknown;
}

/** What can happen to every API server and to the network before it. Restarts of a real one take seconds: fewer of them. */
export function commonFaults(
  server: AnyApiServer,
  proxy: FaultProxy,
  random: () => number,
): readonly ChurnFault[] {
  const fault = (name: string, happen: ChurnFault["happen"]): ChurnFault => ({ name, happen });
  return [
    fault("cut", () => proxy.cut()),
    fault("rst", () => proxy.inject({ kind: "rstAfter", bytes: Math.floor(random() * 5000) })),
    fault("half-open", () => {
      proxy.inject({ kind: "halfOpen" });
      proxy.heal();
    }),
    fault("slicer", () => proxy.inject({ kind: "slicer", bytes: 7 }, { direction: "reply" })),
    fault("blackhole", async () => {
      proxy.inject({ kind: "blackhole" });
      await sleep(300);
      proxy.heal();
    }),
    fault("healed", () => proxy.heal()),
    fault("compact", () => server.compact()),
    fault("pause", async () => {
      server.pause();
      await sleep(200);
      server.resume();
    }),
  ];
}

/** What takes a real server seconds. */
export function restarts(server: AnyApiServer): readonly ChurnFault[] {
  return [
    { name: "kill and restart", happen: () => server.restart() },
    {
      name: "back in time",
      happen: async () => {
        const backup = await server.backup();
        const objects = await server.list("v1", "Service", { namespace: "churn" });
        for (const { metadata } of objects.slice(0, 3))
          await server.patch(
            { apiVersion: "v1", kind: "Service", metadata: { name: metadata.name, namespace: "churn" } },
            { metadata: { annotations: { lost: "yes" } } },
          );
        // Some of that is seen before it never was.
        await sleep(50);
        await server.restore(backup);
      },
    },
  ];
}

/** What only the double can be made to do. */
export function doubleFaults(double: ApiServerDouble, random: () => number): readonly ChurnFault[] {
  const some = (): number => 1 + Math.floor(random() * 3);
  const injected = (
    name: string,
    fault: DoubleFault,
    verbs: readonly ("list" | "watch")[] = ["list", "watch"],
  ): ChurnFault => ({
    name,
    happen: () => {
      for (const verb of verbs) double.inject(fault, { verb, resource: "services", times: some() });
      double.endWatches();
    },
  });
  return [
    { name: "end of watches", happen: () => double.endWatches() },
    { name: "bookmark", happen: () => double.bookmark() },
    { name: "garbage in watches", happen: () => double.write("{]\n") },
    {
      name: "half a line in watches",
      happen: () => {
        double.write('{"type":"ADDED","object":{"kind":"Serv');
        double.cut();
      },
    },
    injected("401", { kind: "status", status: 401 }),
    injected("403", { kind: "status", status: 403 }),
    injected("410", { kind: "status", status: 410, reason: "Expired" }),
    injected("429", { kind: "status", status: 429, retryAfterSeconds: 1 }),
    injected("500", { kind: "status", status: 500 }),
    injected("504", { kind: "status", status: 504 }),
    injected("reset", { kind: "reset" }),
    injected("hang", { kind: "hang" }),
    injected("HTML", { kind: "garbage", body: "<html>" }),
    injected("half a list", { kind: "cut", bytes: 100 }, ["list"]),
    injected("half a list that looks whole", { kind: "cut", bytes: 100, clean: true }, ["list"]),
    injected("slow", { kind: "slow", byteMs: 1 }, ["list"]),
    injected("ERROR 410", { kind: "event", status: 410, reason: "Expired" }, ["watch"]),
    injected("ERROR 410 that stays", { kind: "event", status: 410, reason: "Expired", stays: true }, [
      "watch",
    ]),
    injected("ERROR 500", { kind: "event", status: 500 }, ["watch"]),
    injected("silence", { kind: "silent" }, ["watch"]),
  ];
}
