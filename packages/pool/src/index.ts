export {
  AcquireTimeoutError,
  AuthenticationError,
  CommandRefusedError,
  CommandTimeoutError,
  ConnectionError,
  InvalidOptionError,
  LeaseReleasedError,
  PoolClosedError,
  PoolExhaustedError,
  ReplyError,
  ReplyTooLargeError,
} from "./errors.ts";
export { dialReasons } from "./dial-reason.ts";
export { SubscriberSlowError } from "./subscriber-slow-error.ts";
export { FairTimer } from "./fair-timer.ts";
export { ExclusiveLane } from "./exclusive/exclusive-lane.ts";

export type { Clock } from "@fleet/time";
export type { DialReason } from "./dial-reason.ts";
export type { Outcome } from "./errors.ts";
export type { ExclusiveLaneOptions, Factory } from "./exclusive/exclusive-lane-options.ts";
export type { TimeLimit } from "./call-options.ts";
export type { AcquireOptions, ExclusiveLaneStats } from "./exclusive/exclusive-lane-stats.ts";
export type { Lane, LaneStats } from "./lane.ts";
export type { Lease, Loan } from "./exclusive/lease.ts";
