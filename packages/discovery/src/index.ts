export { addressMap } from "./address-map.ts";
export { Discovery } from "./discovery.ts";
export { DiscoveryError, InvalidInstancesError } from "./errors.ts";
export { DnsSource } from "./dns-source.ts";
export { FileSource } from "./file-source.ts";
export { SentinelSource } from "./sentinel-source.ts";
export { StaticSource } from "./static-source.ts";

export type { Address, AddressMap } from "./address-map.ts";
export type { InstanceChange } from "./change.ts";
export type {
  DiscoveryConditionMessage,
  DiscoveryErrorMessage,
  DiscoveryReflectorMessage,
} from "./channels.ts";
export type { Condition } from "./condition.ts";
export type { DiscoveryOptions } from "./discovery.ts";
export type { DnsInstance, DnsSourceOptions } from "./dns-options.ts";
export type { AddressRecord, DnsResolver, ServiceRecord } from "./dns-resolver.ts";
export type { FileSourceOptions } from "./file-source.ts";
export type { EndpointInput, InstanceInput } from "./instance-input.ts";
export type {
  CredentialsReference,
  Endpoint,
  Instance,
  Reads,
  Role,
  State,
  TlsReference,
} from "./instance.ts";
export type { ResourceStats } from "./resource-stats.ts";
export type { SentinelConnection } from "./sentinel-connection.ts";
export type { FoundOptions } from "./sentinel-instances.ts";
export type { SentinelSourceOptions } from "./sentinel-options.ts";
export type { InstanceSource, SourceSink, StandingFailure } from "./source.ts";
export type { StaticSourceOptions } from "./static-source.ts";
export type { DiscoveryStats, SourceStats } from "./stats.ts";
