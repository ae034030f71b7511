import type { EndpointTarget } from "../endpoints/endpoint-target.ts";
import type { Claim } from "./decide-roles.ts";
import type { RoleReply } from "./role-reply.ts";

/** What is known of the role of one endpoint, kept current. */
export interface Heard extends Claim {
  hint: Claim["hint"];
  said: RoleReply | undefined;
  current: boolean;
  refused: boolean;
  moved: boolean;
  asked: boolean;
  /** It does not say. */
  silent: boolean;
  asking: Promise<void> | undefined;
}

export function newcomer(target: EndpointTarget): Heard {
  return {
    address: target.address.toLowerCase(),
    hint: target.hint,
    said: undefined,
    current: false,
    refused: false,
    moved: true,
    asked: false,
    silent: false,
    asking: undefined,
  };
}

/** Whom it follows, if it says that it follows somebody. */
export function primaryOf(said: RoleReply | "silent" | undefined): string | undefined {
  return typeof said === "object" && said.role === "replica" ? said.primary : undefined;
}
