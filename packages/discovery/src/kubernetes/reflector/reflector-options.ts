import { checkOption, count, ms } from "@fleet/options";
import type { Clock } from "@fleet/time";

import { InvalidOptionError } from "../../errors.ts";
import type { ResourceName } from "../api/api-path.ts";
import type { ApiServer } from "../api/api-server.ts";
import type { KubernetesObject } from "../api/kubernetes-object.ts";

/**
 * Called with what happens, one call after another and never two at a time. What a call throws, or what a promise that it returns rejects
 * with, is published on `fleet:discovery:reflector` and changes nothing else.
 */
export interface ReflectorHandler<T> {
  /** It is there, or changed: `previous` is undefined for what was not there. A made again object is deleted first. */
  applied?(item: T, previous: T | undefined): void;
  deleted?(item: T): void;
  /** A watch is open, for the first time or again: the server is there. The set may still be behind. */
  watching?(): void;
  /** It said where it stands while a watch is open: what is still missing is on its way. After a failure that is asked at once. */
  answered?(): void;
  /** The server has proved that the set is current: the first time when the first set is whole and handed over, then again and again. */
  synced?(): void;
  /** An attempt failed. The set stays; the next attempt comes by itself, and `synced` reports its success. */
  failed?(error: Error): void;
}

export interface ReflectorOptions<T> {
  /** Closing it is the caller's affair. */
  readonly api: Pick<ApiServer, "get" | "watch">;
  /** The kind of object: its API group, version and plural name. */
  readonly resource: ResourceName;
  /** The namespace whose objects are kept. @default all namespaces */
  readonly namespace?: string;
  /** As kubectl takes it. @default all objects */
  readonly labelSelector?: string;
  /** As kubectl takes it. @default all objects */
  readonly fieldSelector?: string;
  /** What is kept of an object; undefined: nothing. An object for which it throws is left as it was, and counted. */
  readonly project: (object: KubernetesObject) => T | undefined;
  /** Called with each change of the set. */
  readonly handler?: ReflectorHandler<T>;
  /** Milliseconds between two checks that nothing was missed, give or take a fifth. @default 30000 */
  readonly resyncMs?: number;
  /** Objects in a page of a list. @default 500 */
  readonly pageSize?: number;
  /** Whether the first set is streamed by a watch where the server can do that, or always listed in pages. @default "auto" */
  readonly streaming?: "auto" | "never";
  /** Whose it is, for the channel. @default none */
  readonly source?: string;
  /** Monotonic milliseconds and timers. @default the process's monotonic clock */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for jitter. @default Math.random */
  readonly random?: () => number;
}

const dnsName = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** @throws InvalidOptionError */
export function checkReflectorOptions(options: Omit<ReflectorOptions<unknown>, "handler">): void {
  const { resource, namespace, resyncMs, pageSize } = options;
  const { group, version, plural } = resource;
  if (group !== "") checkName("resource.group", group);
  checkName("resource.version", version);
  checkName("resource.plural", plural);
  if (namespace !== undefined) checkName("namespace", namespace);
  if (resyncMs !== undefined) checkOption("resyncMs", resyncMs, ms(), InvalidOptionError);
  if (pageSize !== undefined) checkOption("pageSize", pageSize, count(1), InvalidOptionError);
}

function checkName(option: string, name: string): void {
  if (!dnsName.test(name))
    throw new InvalidOptionError(option, "lower-case letters, digits, dashes and dots", JSON.stringify(name));
}
