/** The server has no ACL rules for subcommands, or no COMMAND LIST: it is older than Redis 7.0. */
export class AclUnsupportedError extends Error {
  override readonly name = "AclUnsupportedError";
  /**
   * @retry no
   * @remedy Upgrade the server to Redis 7.0, Valkey 7.2 or newer, or serve this instance without ACL users.
   */
  readonly code = "FLEET_ISOLATION_ACL_UNSUPPORTED";
  readonly outcome = "not-sent";

  constructor() {
    super("the server has no ACL rules for subcommands: Redis 7.0, Valkey 7.2 or newer has them");
  }
}

/** The fleet's own user may not call a command that ACL users are made with. */
export class AclForbiddenError extends Error {
  override readonly name = "AclForbiddenError";
  /**
   * @retry no
   * @remedy Give the user that the fleet logs in as `+acl|whoami +acl|users +acl|getuser +acl|setuser +acl|deluser +acl|save
   *   +command|list`.
   */
  readonly code = "FLEET_ISOLATION_ACL_FORBIDDEN";
  readonly outcome = "not-sent";
  /** What it may not call, for example `ACL SETUSER`. */
  readonly call: string;

  constructor(call: string) {
    super(`the user of the fleet may not call ${call}`);
    this.call = call;
  }
}

/** The server refused a change of its users. */
export class AclRefusedError extends Error {
  override readonly name = "AclRefusedError";
  /**
   * @retry no
   * @remedy Read the message: it has the server's own words. `ACL SETUSER` fails as a whole, so nothing was changed.
   */
  readonly code = "FLEET_ISOLATION_ACL_REFUSED";
  readonly outcome = "not-sent";
  readonly call: string;

  constructor(call: string, message: string) {
    super(`${call}: ${message}`);
    this.call = call;
  }
}

/** The users are made, and will be gone after a restart: the server could not write its aclfile. */
export class AclNotSavedError extends Error {
  override readonly name = "AclNotSavedError";
  /**
   * @retry no
   * @remedy Let the server write its aclfile (a file from a ConfigMap or Secret is read-only), or leave the saving out: users are
   *   made again after a restart.
   */
  readonly code = "FLEET_ISOLATION_ACL_NOT_SAVED";
  readonly outcome = "not-sent";

  constructor(message: string) {
    super(`ACL SAVE: ${message}`);
  }
}
