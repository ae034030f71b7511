import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startRedis } from "@fleet/testkit";
import { kubernetesAvailable, startApiServerDouble, startKubernetes } from "@fleet/testkit/kubernetes";

import { holding } from "../contestants/holding.ts";
import { openFleet, routable } from "../contestants/routable.ts";
import { fill } from "../contestants/watchers/cluster-objects.ts";
import type { WatcherName } from "../contestants/watchers/watcher.ts";
import { faultCampaign } from "../faults/fault-campaign.ts";
import { watchFaults } from "../faults/watch-faults.ts";
import type { Comparison, Context, Contestant, Field, Scenario } from "../harness/scenario.ts";

/** What a change in the cluster may take until it can be used, in milliseconds. */
const limitMs = 50;
const holders: readonly WatcherName[] = ["fleet", "make-informer", "kubernetes-fluent-client"];
const survivors: readonly WatcherName[] = [...holders, "make-informer-restarted"];
/** Long enough for the slowest of our own defaults: a silent stream is made anew after two and a half checks. */
const windowMs = { full: 120_000, quick: 45_000 };

const comparing = (names: readonly WatcherName[], suffix: string): Pick<Comparison, "ours" | "theirs"> => ({
  ours: `fleet-${suffix}`,
  theirs: Object.fromEntries(names.slice(1).map((name) => [name, `${name}-${suffix}`])),
});

export const discovery: Scenario = {
  name: "discovery",
  question:
    "How soon is a new instance of a cluster usable, what does a large cluster cost, and what do faults leave out of sync?",
  full: { rounds: 3, roundMs: 5000, size: 10_000 },
  quick: { rounds: 1, roundMs: 3000, size: 2000 },
  prepare,
};

async function prepare({ plan, opened }: Context): Promise<Field> {
  const folder = await mkdtemp(join(tmpdir(), "fleet-bench-"));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const services = plan.size!;
  const double = opened.use(await startApiServerDouble());
  await fill(double, services);
  const missing = kubernetesAvailable();
  const real = missing === undefined ? await event(opened) : undefined;
  const isQuick = services < discovery.full.size!;
  const campaign = { watchers: survivors, windowMs: isQuick ? windowMs.quick : windowMs.full, folder };
  return {
    contestants: [
      ...(real?.contestants ?? []),
      ...holders.map((watcher) =>
        holding(`${watcher}-${services}`, {
          watcher,
          double,
          services,
          folder,
          resyncs: watcher !== "make-informer",
        }),
      ),
      ...faultCampaign(campaign),
    ],
    comparisons: [
      ...(real === undefined ? [] : [eventToRoutable]),
      {
        title: `${services} Services with a slice each, on a double of an API server: until all are known; heap that is kept, of the Services alone and with slices (and, for fleet, instances); while idle, checked again every 2 s where there is such a check`,
        ...comparing(holders, String(services)),
        figure: "servicesPerSec",
      },
      {
        title: `in sync ${campaign.windowMs / 1000} s after a fault: ${Object.keys(watchFaults)
          .map((fault, index) => `(${index + 1}) ${fault}`)
          .join(", ")}`,
        ...comparing(survivors, "faults"),
        figure: "inSyncOfTen",
      },
    ],
    packages: {
      "@fleet/discovery": "@fleet/discovery",
      "client-node": "@kubernetes/client-node",
      "kubernetes-fluent-client": "kubernetes-fluent-client",
    },
    versions: real?.versions ?? {},
    setup: {},
    notes:
      missing === undefined
        ? []
        : [`event-to-routable is left out, the double stands for the rest: ${missing}`],
  };
}

const eventToRoutable: Comparison = {
  title:
    "a new instance, from before its EndpointSlice is written to a real API server until a command was answered",
  ours: "limit",
  theirs: { "event-to-routable": "fleet" },
  figure: "p99Ms",
};

async function event(
  opened: AsyncDisposableStack,
): Promise<{ readonly contestants: readonly Contestant[]; readonly versions: Field["versions"] }> {
  const redis = opened.use(await startRedis());
  const kubernetes = opened.use(await startKubernetes());
  const fleet = opened.use(await openFleet(kubernetes, redis));
  return {
    contestants: [
      { name: "limit", measure: () => Promise.resolve({ p99Ms: limitMs }) },
      routable(fleet, kubernetes),
    ],
    versions: { "kube-apiserver": kubernetes.version, [`${redis.flavour}-server`]: redis.version },
  };
}
