import { type Channel, channel } from "node:diagnostics_channel";

import type { Endpoint } from "@fleet/discovery";
import type { Access } from "@fleet/isolation";

import type { Unfit } from "./endpoints/standing.ts";
import type { Call } from "./walk/call.ts";

/** Payload of `fleet:client:command`: one call, told when it ended. Never arguments, keys or values. */
export interface CommandMessage {
  /** The instance that was asked; undefined when a group had nobody to ask. */
  readonly instance: string | undefined;
  /** `host:port` of the last endpoint asked; undefined when nobody could be asked. */
  readonly endpoint: string | undefined;
  /** Upper-case name of the command; `PIPELINE` (a batch), `MULTI` (an atomic one) or `RUN`. */
  readonly command: string;
  readonly access: Access;
  /** From the call to its answer, all attempts and pauses included. */
  readonly durationMs: number;
  /** How many endpoints were asked, the same one again included; 0 when nobody could be asked. */
  readonly attempts: number;
  /** `error`: refused, or answered with an error. `unknown`: it may have been executed. `cancelled`: by the caller's signal. */
  readonly outcome: "ok" | "error" | "unknown" | "cancelled";
  /** Code of the error. */
  readonly code?: string;
}

/** Payload of `fleet:client:role`: what is new about the roles of an instance. Endpoints are told as `host:port`, as announced. */
export type RoleMessage =
  | {
      /** An endpoint has another role now, by what Redis says or by its source. */
      readonly event: "changed";
      readonly instance: string;
      readonly endpoint: string;
      readonly role: Endpoint["role"];
      readonly previous: Endpoint["role"];
    }
  | {
      /** A replica, or a primary beside the primary, is not read from any more, or for another reason than before. */
      readonly event: "unfit";
      readonly instance: string;
      readonly endpoint: string;
      readonly reason: Unfit;
    }
  | {
      /** A replica that was unfit follows the primary again, and is read from. */
      readonly event: "follows";
      readonly instance: string;
      readonly endpoint: string;
    }
  | {
      /** Several say that they are the primary. */
      readonly event: "disputed";
      readonly instance: string;
      readonly endpoints: readonly string[];
      /** Who is written to; undefined when nobody is. */
      readonly kept: string | undefined;
    }
  | {
      /** It does not say what it is (the user may call neither ROLE nor INFO): what its source says counts. */
      readonly event: "untold";
      readonly instance: string;
      readonly endpoint: string;
    };

const roleChannel = channel("fleet:client:role");

export function publishRole(message: RoleMessage): void {
  if (roleChannel.hasSubscribers) roleChannel.publish(message);
}

export const commandChannel: Channel = channel("fleet:client:command");

export function publishCall(
  call: Call,
  command: string,
  endedAt: number,
  failure?: { readonly error: unknown },
): void {
  const { target, access, attempts } = call;
  const message: CommandMessage = {
    instance: target?.instance ?? call.instance,
    endpoint: target?.address,
    command: command.toUpperCase(),
    access,
    durationMs: endedAt - call.startedAt,
    attempts,
    ...(failure === undefined ? { outcome: "ok" } : described(failure.error, call)),
  };
  commandChannel.publish(message);
}

function described(error: unknown, call: Call): Pick<CommandMessage, "outcome" | "code"> {
  if (call.cancelled(error)) return { outcome: "cancelled" };
  const { code, outcome } = Object(error) as { readonly code?: unknown; readonly outcome?: unknown };
  return { outcome: outcome === "unknown" ? "unknown" : "error", ...(typeof code === "string" && { code }) };
}
