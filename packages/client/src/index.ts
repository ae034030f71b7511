export { Namespace } from "@fleet/isolation";
export { createFleet } from "./create-fleet.ts";
export {
  DeadlineError,
  FleetClosedError,
  InvalidOptionError,
  MissingCredentialsError,
  StartingError,
} from "./errors.ts";
export { Fleet } from "./fleet.ts";
export { sentinelConnect } from "./sentinel-connect.ts";
export type { BatchReply } from "./batch.ts";
export type { Selector } from "./call.ts";
export type { CommandMessage, RoleMessage } from "./channels.ts";
export type { CertificatesResolver, CredentialsResolver, FleetOptions } from "./fleet-options.ts";
export type { FleetStats } from "./fleet-stats.ts";
export type { BatchOptions, CommandOptions, RunTarget } from "./fleet.ts";
