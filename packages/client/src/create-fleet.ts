import { Discovery, StaticSource } from "@fleet/discovery";
import { complete } from "@fleet/options";
import { systemClock } from "@fleet/time";
import { Roles } from "@fleet/topology";

import { publishRole } from "./channels.ts";
import { misfits } from "./check-terms.ts";
import type { EndpointTarget } from "./endpoints/endpoint-target.ts";
import { checkFleetOptions, type FleetOptions, fleetRules } from "./fleet-options.ts";
import { Fleet } from "./fleet.ts";
import { AllTerms } from "./overrides.ts";
import { Targets } from "./targets.ts";
import { type AclOptions, aclRules } from "./users/acl-options.ts";
import { type CallOptions, checkSignal } from "./walk/call-options.ts";
import { Failovers } from "./walk/failover.ts";
import { Walk } from "./walk/walk.ts";

/**
 * Puts a fleet together. Resolves when every source has handed over its first instances, or at once where `waitsForSources` is false.
 * No endpoint is dialed before a call needs it, except those of an instance of several endpoints whose source names no primary.
 *
 * @throws InvalidOptionError of the package whose option is wrong, what a source says is wrong with its instances, or the
 * signal's reason. Nothing is left open then.
 */
export async function createFleet(
  options: FleetOptions,
  start: Pick<CallOptions, "signal"> = {},
): Promise<Fleet> {
  checkFleetOptions(options);
  checkSignal(start);
  const { instances = [], sources = [], policy, retryBudget } = options;
  const { credentials, certificates, addressMap } = options;
  const { startTimeoutMs, waitsForSources, graceMs, maxLagBytes } = complete<
    Pick<FleetOptions, "startTimeoutMs" | "waitsForSources" | "graceMs" | "maxLagBytes">
  >(options, fleetRules);
  const { clock = systemClock, random = Math.random } = options;
  const terms = new AllTerms(options);
  const [misfit] = await misfits(options, terms);
  if (misfit !== undefined) throw misfit.error;
  const closing = new AbortController();
  const roles = new Roles<EndpointTarget>({
    intervalOf: (instance) => terms.of(instance).rolesIntervalMs,
    maxLagBytes,
    clock,
    random,
    changed: (instance) => targets.reroute(instance),
    redial: (target) => targets.redial(target),
    report: publishRole,
  });
  const failovers = new Failovers({
    msOf: (instance) => terms.of(instance).failoverMs,
    clock,
    closing: closing.signal,
  });
  const walk = new Walk({
    ...(policy && { policy }),
    ...(retryBudget && { retryBudget }),
    ...(options.retry && { retry: options.retry }),
    clock,
    random,
    roles,
    failovers,
    closing: closing.signal,
  });
  const opened = (target: EndpointTarget): void => roles.used(target);
  const acl = options.acl && { ...complete<AclOptions>(options.acl, aclRules), graceMs };
  const open = { terms, credentials, certificates, addressMap, acl, clock, random, opened };
  const targets = new Targets({ router: walk.router, roles, failovers, open, graceMs });
  const byHand = instances.length === 0 ? [] : [new StaticSource(instances)];
  const discovery = new Discovery({ sources: [...byHand, ...sources], startTimeoutMs, clock });
  const started = discovery.start(start.signal === undefined ? {} : { signal: start.signal });
  if (waitsForSources) await started;
  // Reported by `fleet.started`, which the caller need not wait for.
  else started.catch(() => undefined);
  return new Fleet({ discovery, started, targets, walk, clock, terms, graceMs, closing, acl });
}
