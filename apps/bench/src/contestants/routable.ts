import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import { createFleet } from "@fleet/client";
import type { Fleet } from "@fleet/client";
import { KubernetesSource } from "@fleet/discovery/kubernetes";
import { endpointSlice, service } from "@fleet/testkit/kubernetes";
import type { KubernetesObject, KubernetesServer } from "@fleet/testkit/kubernetes";

import type { Contestant } from "../harness/scenario.ts";
import type { Address } from "../load/peer.ts";

const namespace = "default";
const retryMs = 1;
const patienceMs = 10_000;

/** A fleet that finds its instances through this API server; all of them are one Redis. */
export async function openFleet(server: KubernetesServer, { host, port }: Address): Promise<Fleet> {
  const { url, ca, adminToken: token } = server;
  return createFleet({
    sources: [new KubernetesSource({ api: { server: { url, ca, token } }, namespaces: [namespace] })],
    addressMap: () => ({ host, port }),
    startTimeoutMs: patienceMs,
    // An instance that is not known yet is asked for again here, with a clock beside it.
    retries: 0,
  });
}

/**
 * One instance after the other appears: its Service is there already, its EndpointSlice makes it routable. Counted from before the
 * slice is written until a command was answered, and from the API server's answer to that writing.
 */
export function routable(fleet: Fleet, server: KubernetesServer): Contestant {
  let instances = 0;
  return {
    name: "fleet",
    async measure({ roundMs, signal }) {
      const waits: number[] = [];
      const answered: number[] = [];
      const written: KubernetesObject[] = [];
      const until = performance.now() + roundMs;
      while (performance.now() < until) {
        signal.throwIfAborted();
        instances += 1;
        const instance = `new-${instances}`;
        const [plain, slice] = objectsOf(instance, instances);
        await server.apply(plain);
        const before = performance.now();
        const writing = server.apply(slice).then(() => performance.now());
        // Asked for only when a command was answered: one that is stopped before leaves it alone.
        writing.catch(() => {});
        const reached = await firstAnswer(fleet, instance, signal);
        waits.push(reached - before);
        answered.push(Math.max(0, reached - (await writing)));
        written.push(plain, slice);
      }
      await server.delete(written);
      return {
        p50Ms: percentile(waits, 50),
        p99Ms: percentile(waits, 99),
        fromAnswerP50Ms: percentile(answered, 50),
        fromAnswerP99Ms: percentile(answered, 99),
        instances: waits.length,
      };
    },
  };
}

async function firstAnswer(fleet: Fleet, instance: string, signal: AbortSignal): Promise<number> {
  const giveUp = performance.now() + patienceMs;
  for (;;) {
    try {
      await fleet.command({ instance }, ["GET", "nothing"]);
      return performance.now();
    } catch (error) {
      if (performance.now() > giveUp) throw error;
    }
    await sleep(retryMs, undefined, { signal });
  }
}

function objectsOf(instance: string, index: number): readonly [KubernetesObject, KubernetesObject] {
  const labels = { app: "redis", instance };
  const address = `10.20.${(index >> 8) % 256}.${index % 256}`;
  return [
    service(instance, { namespace, labels }),
    endpointSlice(instance, { namespace, labels, endpoints: [{ addresses: [address] }] }),
  ];
}

/** Nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)]!;
}
