export { BrokenCircuitError } from "@fleet/breaker";
export { DiscoveryError, InvalidInstancesError } from "@fleet/discovery";
export {
  CommandNotAllowedError,
  ForeignKeyError,
  InvalidCommandError,
  InvalidProjectError,
  Namespace,
  TooManyKeysError,
  UnfinishedError,
} from "@fleet/isolation";
export {
  AcquireTimeoutError,
  AuthenticationError,
  CommandRefusedError,
  CommandTimeoutError,
  ConnectionError,
  LeaseReleasedError,
  PoolClosedError,
  PoolExhaustedError,
  ReplyError,
  ReplyTooLargeError,
} from "@fleet/pool";
export { WrongLaneError } from "@fleet/pool/ioredis";
export { NoTargetError, policies, UnknownTargetError } from "@fleet/router";
export { combinationFaults } from "./check-terms.ts";
export { createFleet } from "./create-fleet.ts";
export {
  DeadlineError,
  FleetClosedError,
  InterruptedBatchError,
  InvalidOptionError,
  MissingCredentialsError,
  StartingError,
} from "./errors.ts";
export { fleetRules, overrideRules } from "./fleet-options.ts";
export { Fleet } from "./fleet.ts";
export { aclRules } from "./users/acl-options.ts";
export { sentinelConnect } from "./endpoints/sentinel-connect.ts";

export type { Rules } from "@fleet/options";
export type {
  BreakerState,
  CircuitBreakerOptions,
  RetryBudgetOptions,
  RetryPolicyOptions,
} from "@fleet/breaker";
export type {
  Address,
  AddressMap,
  CredentialsReference,
  DiscoveryStats,
  Endpoint,
  Instance,
  InstanceInput,
  InstanceSource,
  SentinelConnection,
  TlsReference,
} from "@fleet/discovery";
export type { Access, Command, Reply } from "@fleet/isolation";
export type { Encoding, Health, PoolStats, RedisPoolOptions, UnsentError } from "@fleet/pool/ioredis";
export type { RoutingPolicy } from "@fleet/router";
export type { Clock } from "@fleet/time";
export type { Link, Replication, RoleReport, Unfit } from "@fleet/topology";
export type { BatchReply } from "./batch/batch.ts";
export type { BatchOptions, CallOptions, CommandOptions, RunTarget, Selector } from "./walk/call-options.ts";
export type { AclOptions } from "./users/acl-options.ts";
export type { Difference } from "@fleet/isolation/acl";
export type { CommandEvent, RoleEvent } from "./channels.ts";
export type { UserEvent } from "./users/user-event.ts";
export type { DialResult } from "./endpoints/dial-all.ts";
export type {
  Certificates,
  CertificatesResolver,
  CredentialsResolver,
  FleetOptions,
  InstanceOverrides,
} from "./fleet-options.ts";
export type { EndpointStats, FleetStats, InstanceStats } from "./fleet-stats.ts";
export type { SentinelConnectOptions } from "./endpoints/sentinel-connect.ts";
export type { Credentials } from "@fleet/pool/ioredis";
