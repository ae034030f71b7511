import type { Redis } from "ioredis";

import { ExclusiveLane } from "../../exclusive/exclusive-lane.ts";
import { dial, type DialOptions } from "../connection/dial.ts";
import { redisFactory } from "../leases/redis-factory.ts";
import { bulkMaxUnanswered, type ExclusiveOptions, type RedisPoolSettings } from "../redis-pool-options.ts";
import type { SharedLaneSettings } from "./shared/shared-lane-options.ts";
import { SharedLane } from "./shared/shared-lane.ts";
import { SubscriberLane } from "./subscriber/subscriber-lane.ts";
import { subscriberSettings } from "./subscriber/subscriber-options.ts";

/** The lanes of a pool, by name. */
export interface Lanes {
  /** For every command that needs no connection of its own. */
  readonly shared: SharedLane;
  /** For commands that take long or answer much: one connection too, of their own, so that nothing small waits behind them. */
  readonly bulk: SharedLane;
  /** For WATCH, interactive MULTI, SELECT: a raw ioredis connection per lease. */
  readonly exclusive: ExclusiveLane<Redis>;
  /** For SUBSCRIBE, PSUBSCRIBE and SSUBSCRIBE: one connection that subscribes for all. */
  readonly subscriber: SubscriberLane;
}

/** Those of them that another user of the server may have beside. */
export type UserLanes = Pick<Lanes, "shared" | "bulk">;

/** What lanes are made of. */
export interface LaneParts {
  readonly settings: RedisPoolSettings;
  readonly server: DialOptions;
  /** The name of the next connection of a lane in CLIENT LIST. */
  readonly label: (lane: string) => string;
  /** Reports the end of a dial. */
  readonly dialed: SharedLaneSettings["dialed"];
}

/** None of them dials before it is needed. */
export function openLanes(parts: LaneParts): Lanes {
  return {
    shared: openShared("shared", Infinity, parts),
    bulk: openShared("bulk", parts.settings.bulk.maxUnanswered ?? bulkMaxUnanswered, parts),
    exclusive: openLeased("exclusive", parts.settings.exclusive, parts),
    subscriber: openSubscriber("subscriber", parts),
  };
}

/** The lanes of another user of the same server. Their dials say nothing of the server's health. */
export function openUserLanes(
  credentials: NonNullable<DialOptions["credentials"]>,
  parts: LaneParts,
): UserLanes {
  const server: DialOptions = { ...parts.server, credentials, asksRole: false };
  const own = { ...parts, server, dialed: () => undefined };
  return {
    shared: openShared("user", Infinity, own),
    bulk: openShared("user-bulk", parts.settings.bulk.maxUnanswered ?? bulkMaxUnanswered, own),
  };
}

function openShared(
  lane: string,
  maxUnanswered: number,
  { settings, server, label, dialed }: LaneParts,
): SharedLane {
  const { flush } = settings;
  return new SharedLane({
    ...settings,
    maxUnanswered,
    lane,
    dial: (signal) => dial(server, { label: label(lane), flush, signal }),
    dialed,
  });
}

function openLeased(lane: string, options: ExclusiveOptions, parts: LaneParts): ExclusiveLane<Redis> {
  const { settings, server, label } = parts;
  const { name, clock, random } = settings;
  const { commandTimeoutMs = settings.commandTimeoutMs, ...sizes } = options;
  return new ExclusiveLane({
    ...sizes,
    name,
    lane,
    factory: redisFactory(server, { name, commandTimeoutMs, clock }, () => label(lane)),
    dialTimeoutMs: settings.dialTimeoutMs,
    redialMinDelayMs: settings.reconnectMinDelayMs,
    redialMaxDelayMs: settings.reconnectMaxDelayMs,
    clock,
    random,
  });
}

function openSubscriber(lane: string, { settings, server, label }: LaneParts): SubscriberLane {
  return new SubscriberLane({
    ...settings,
    ...subscriberSettings(settings.subscriber),
    lane,
    dial: (signal) => dial(server, { label: label(lane), signal }),
  });
}
