import { channel } from "node:diagnostics_channel";

import type { InstanceChange } from "./instance/change.ts";
import type { Condition } from "./instance/condition.ts";
import type { InstanceSource } from "./source/source.ts";

/** Payload of `fleet:discovery:error`. */
export interface DiscoveryErrorEvent {
  /** Stable; the error's own code where it has one. */
  readonly code: string;
  /** The source whose attempt failed; none when a listener did. */
  readonly source: string | undefined;
  readonly error: Error;
  /** The source itself where its attempt failed: its name is its own in one `Discovery` only, and the channel is the process's. */
  readonly origin?: InstanceSource;
}

/** Payload of `fleet:discovery:condition`. */
export interface DiscoveryConditionEvent {
  readonly source: string;
  readonly type: "raised" | "cleared";
  readonly condition: Condition;
}

/** Payload of `fleet:discovery:reflector`: what a reflector does to keep one kind of object current. */
export interface DiscoveryReflectorEvent {
  /** Whose it is; undefined for one that stands alone. */
  readonly source: string | undefined;
  /** As in `ResourceStats`. */
  readonly resource: string;
  /**
   * `listed` a whole set was read, `watching` changes arrive from now on, `synced` the set was proved current, `restarted` a watch ended
   * and the next one follows, `failed` an attempt failed, `dropped` an object was not understood, `handler` the handler threw, `closed`.
   */
  readonly event:
    | "listed"
    | "watching"
    | "synced"
    | "restarted"
    | "failed"
    | "dropped"
    | "handler"
    | "closed";
  /** Of a restart: the key under which `ResourceStats` counts it. */
  readonly reason?: string;
  readonly error?: Error;
}

const changes = channel("fleet:discovery:change");
const errors = channel("fleet:discovery:error");
const conditions = channel("fleet:discovery:condition");
const reflectors = channel("fleet:discovery:reflector");

export function publishChange(change: InstanceChange): void {
  if (changes.hasSubscribers) changes.publish(change);
}

export function publishError(message: DiscoveryErrorEvent): void {
  if (errors.hasSubscribers) errors.publish(message);
}

export function publishCondition(message: DiscoveryConditionEvent): void {
  if (conditions.hasSubscribers) conditions.publish(message);
}

export function publishReflector(message: DiscoveryReflectorEvent): void {
  if (reflectors.hasSubscribers) reflectors.publish(message);
}
