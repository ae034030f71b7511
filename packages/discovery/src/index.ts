export { addressMap } from "./instance/address-map.ts";
export { Discovery } from "./discovery.ts";
export { DiscoveryError, InvalidInstancesError } from "./errors.ts";
export { dnsRules } from "./dns/dns-options.ts";
export { DnsSource } from "./dns/dns-source.ts";
export { fileRules, FileSource } from "./file/file-source.ts";
export { kubernetesRules } from "./kubernetes/kubernetes-options.ts";
export { sentinelRules } from "./sentinel/sentinel-options.ts";
export { SentinelSource } from "./sentinel/sentinel-source.ts";
export { StaticSource } from "./source/static-source.ts";

export type { Rules } from "@fleet/options";
export type { Address, AddressMap } from "./instance/address-map.ts";
export type { InstanceChange } from "./instance/change.ts";
export type { DiscoveryConditionEvent, DiscoveryErrorEvent, DiscoveryReflectorEvent } from "./channels.ts";
export type { Condition } from "./instance/condition.ts";
export type { DiscoveryOptions } from "./discovery.ts";
export type { DnsInstance, DnsSourceOptions } from "./dns/dns-options.ts";
export type { AddressRecord, DnsResolver, ServiceRecord } from "./dns/dns-resolver.ts";
export type { FileSourceOptions } from "./file/file-source.ts";
export type { EndpointInput, InstanceInput } from "./instance/instance-input.ts";
export type {
  CredentialsReference,
  Endpoint,
  Instance,
  Reads,
  Role,
  State,
  TlsReference,
} from "./instance/instance.ts";
export type { ResourceStats } from "./source/resource-stats.ts";
export type { SentinelConnection } from "./sentinel/sentinel-connection.ts";
export type { FoundOptions } from "./sentinel/sentinel-instances.ts";
export type { SentinelSourceOptions } from "./sentinel/sentinel-options.ts";
export type { InstanceSource, SourceSink, SourceStartOptions, StandingFailure } from "./source/source.ts";
export type { StaticSourceOptions } from "./source/static-source.ts";
export type { DiscoveryStats, SourceStats } from "./served/stats.ts";
