export { Discovery } from "./discovery.ts";
export { DiscoveryError, InvalidInstancesError } from "./errors.ts";
export { StaticSource } from "./static-source.ts";
export type { InstanceChange } from "./change.ts";
export type { DiscoveryErrorMessage } from "./channels.ts";
export type { InstanceInput } from "./instance-input.ts";
export type { CredentialsReference, Endpoint, Instance, TlsReference } from "./instance.ts";
export type { InstanceSource, SourceSink } from "./source.ts";
export type { DiscoveryStats } from "./stats.ts";
