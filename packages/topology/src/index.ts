export { InvalidOptionError } from "./errors.ts";
export { askRole } from "./roles/ask-role.ts";
export { Roles } from "./roles/roles.ts";

export type { Clock } from "@fleet/time";
export type { Reply, RoleReply, Server } from "./roles/ask-role.ts";
export type { AskedEndpoint } from "./roles/asked-endpoint.ts";
export type { Link, Replication, Role, Standing, Unfit } from "./roles/role.ts";
export type { RoleReport } from "./roles/role-report.ts";
export type { RolesOptions } from "./roles/roles.ts";
