import { count, flag, func, ms, type Rules, secret, withDefault } from "@fleet/options";

/** How the users of projects are made on the servers. */
export interface AclOptions {
  /**
   * The password of a project's user, or two while they are rotated: the first logs in, both are valid. Asked at each dial;
   * `passwordOf()` of `@fleet/isolation/acl` makes one of a secret.
   */
  readonly password: (project: string) => string | readonly string[];
  /** Whether scripts and functions of projects run. @default false */
  readonly scripts?: boolean;
  /** How often the users of the projects in use are compared with what they should be, in milliseconds. @default 60000 */
  readonly intervalMs?: number;
  /** How long the connection of a project stays open that it does not use, in milliseconds. @default 60000 */
  readonly idleMs?: number;
  /** Projects with a connection to one endpoint; the one used least recently gives way. @default 256 */
  readonly maxUsers?: number;
}

export const aclRules: Rules<AclOptions> = {
  // Apps give it, and turn the layer on with it: of the settings that a file may have none is required.
  password: secret(func),
  scripts: withDefault(false, flag),
  intervalMs: withDefault(60_000, ms()),
  idleMs: withDefault(60_000, ms()),
  maxUsers: withDefault(256, count(1, 10_000)),
};

/** With every default filled in. */
export interface AclSettings extends Required<AclOptions> {
  /** How long commands in flight are waited for on a connection that gives way. */
  readonly graceMs: number;
}
