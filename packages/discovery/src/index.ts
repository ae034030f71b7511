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
export type { DnsInstance } from "./dns-options.ts";
export type { DnsResolver } from "./dns-resolver.ts";
export type { InstanceInput } from "./instance-input.ts";
export type { CredentialsReference, Endpoint, Instance, TlsReference } from "./instance.ts";
export type { ResourceStats } from "./resource-stats.ts";
export type { SentinelConnection } from "./sentinel-connection.ts";
export type { InstanceSource, SourceSink } from "./source.ts";
export type { DiscoveryStats } from "./stats.ts";
