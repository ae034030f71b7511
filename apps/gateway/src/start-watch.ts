import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { Fleet } from "@fleet/client";
import type { DiscoveryErrorEvent, InstanceSource } from "@fleet/discovery";

import { ConfigurationError } from "./errors.ts";
import { isOfServer } from "./start-fault.ts";

const channel = "fleet:discovery:error";

export interface StartWatch {
  /**
   * Resolves when there are instances, for as long as it takes: servers come back. A file, or a kubeconfig, that cannot be used is
   * configuration, and where nothing else has delivered it ends the start.
   *
   * @throws ConfigurationError with what such sources said; what `fleet.started` rejects with.
   */
  readonly started: Promise<void>;
  /** The same, or when every source has failed once. */
  readonly tried: Promise<void>;
}

/** Looks on while a fleet starts that does not wait for its sources. Another fleet of the process has sources of the same names. */
export function watchStart(
  fleet: Pick<Fleet, "started" | "stats">,
  sources: readonly InstanceSource[],
): StartWatch {
  const faults = new Map<string, string>();
  const ended = Promise.withResolvers<never>();
  const allFailed = Promise.withResolvers<void>();
  const look = (): void => {
    if (!fleet.stats.discovery.sources.every(({ state }) => state === "failed")) return;
    if (faults.size > 0) ended.reject(new ConfigurationError([...faults.values()].flatMap(linesOf)));
    else allFailed.resolve();
  };
  const note = (message: unknown): void => {
    const { source, origin, code, error } = message as DiscoveryErrorEvent;
    if (source === undefined || origin === undefined || !sources.includes(origin)) return;
    if (isOfServer(code)) faults.delete(source);
    else faults.set(source, error.message);
    look();
  };
  for (const { name, lastError: code } of fleet.stats.discovery.sources)
    if (code !== undefined && !isOfServer(code)) faults.set(name, `${name}: ${code}`);
  look();
  subscribe(channel, note);
  const started = Promise.race([fleet.started, ended.promise]).finally(() => unsubscribe(channel, note));
  const tried = Promise.race([started, allFailed.promise]);
  for (const promise of [started, tried]) promise.catch(() => "its callers hear it");
  return { started, tried };
}

function linesOf(message: string): readonly string[] {
  return message.split("\n");
}
