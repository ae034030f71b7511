import type { RoleReply } from "./ask-role.ts";
import type { Replication, Role, Standing } from "./role.ts";

/** An endpoint, as `Roles` asks it, with the fields in which `Roles` writes down what it decides. */
export interface AskedEndpoint {
  /** Name of the instance that the endpoint is a part of. */
  readonly instance: string;
  /** `host:port`, as announced. */
  readonly address: string;
  /** The role by the endpoint's source, whatever Redis says. */
  readonly hint: Role;
  /** Which endpoints of the instance answer reads. */
  readonly reads: "primary" | "replica" | "any";
  /** False while the endpoint must not be asked: an operator works on it. */
  readonly isAskable: boolean;
  /** Whether calls have opened connections to the endpoint. */
  readonly isInUse: boolean;
  /** Whether the endpoint is connected, or redials by itself; else `connect()` comes before `ask()`. */
  readonly isConnected: boolean;
  /** Written by `Roles`: the role that was decided. */
  role: Role;
  /** Written by `Roles`; undefined of a primary, and of an endpoint that has not said which server it follows. */
  replication: Replication | undefined;
  /** Written by `Roles`: whether the endpoint may be read from. */
  standing: Standing;
  /** Dials. Rejects when that fails. */
  connect(): Promise<void>;
  /** Asks, most likely by `askRole()`. Undefined when the server does not say; rejects when it has not answered after `timeoutMs`. */
  ask(timeoutMs: number): Promise<RoleReply | undefined>;
}
