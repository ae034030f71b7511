import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { kubeconfig } from "@fleet/testkit/kubernetes";
import type { ApiServerDouble } from "@fleet/testkit/kubernetes";

import { AskedProcess } from "../load/asked-process.ts";
import { namespace } from "./watchers/cluster-objects.ts";
import type { WatcherName, WatcherRequest } from "./watchers/watcher.ts";

/** Starts the process of a watcher that looks at this server. @param folder where its kubeconfig goes */
export async function startWatcher(
  watcher: WatcherName,
  double: ApiServerDouble,
  folder: string,
  signal: AbortSignal,
): Promise<AskedProcess<WatcherRequest>> {
  const { url, ca, adminToken: token } = double;
  const file = join(folder, `${watcher}-${double.port}.kubeconfig`);
  await writeFile(file, kubeconfig({ url, ca, token }), { mode: 0o600 });
  const started = new AskedProcess<WatcherRequest>({
    name: watcher,
    file: new URL("watcher-worker.ts", import.meta.url),
    node: ["--expose-gc"],
    environment: { KUBECONFIG: file },
  });
  try {
    await started.ask({ type: "load", watcher, server: { url, ca, token, namespace } }, signal);
  } catch (error) {
    started.kill();
    throw error;
  }
  return started;
}
