import { type Channel, channel } from "node:diagnostics_channel";

import type { Access } from "@fleet/isolation";
import type { RoleReport } from "@fleet/topology";

import type { Call } from "./walk/call.ts";

/** Payload of `fleet:client:command`: one call that has ended. Never arguments, keys or values. */
export interface CommandEvent {
  /** The instance that was asked; undefined when a group had no endpoint to ask. */
  readonly instance: string | undefined;
  /** `host:port` of the last endpoint asked; undefined when none could be asked. */
  readonly endpoint: string | undefined;
  /** Upper-case name of the command; `PIPELINE` (a batch), `MULTI` (an atomic one) or `RUN`. */
  readonly command: string;
  readonly access: Access;
  /** From the call to its answer, all attempts and pauses included. */
  readonly durationMs: number;
  /** How many endpoints were asked, the same one again included; 0 when none could be asked. */
  readonly attempts: number;
  /** `error`: refused, or answered with an error. `unknown`: it may have been executed. `cancelled`: by the caller's signal. */
  readonly outcome: "ok" | "error" | "unknown" | "cancelled";
  /** Code of the error. */
  readonly code?: string;
}

/** Payload of `fleet:client:role`: what is new about the roles of an instance. */
export type RoleEvent = RoleReport;

const roleChannel = channel("fleet:client:role");

export function publishRole(event: RoleEvent): void {
  if (roleChannel.hasSubscribers) roleChannel.publish(event);
}

export const commandChannel: Channel = channel("fleet:client:command");

export function publishCall(
  call: Call,
  command: string,
  endedAt: number,
  failure?: { readonly error: unknown },
): void {
  const { target, access, attempts } = call;
  const event: CommandEvent = {
    instance: target?.instance ?? call.instance,
    endpoint: target?.address,
    command: command.toUpperCase(),
    access,
    durationMs: endedAt - call.startedAt,
    attempts,
    ...(failure === undefined ? { outcome: "ok" } : described(failure.error, call)),
  };
  commandChannel.publish(event);
}

function described(error: unknown, call: Call): Pick<CommandEvent, "outcome" | "code"> {
  if (call.cancelled(error)) return { outcome: "cancelled" };
  const { code, outcome } = Object(error) as { readonly code?: unknown; readonly outcome?: unknown };
  return { outcome: outcome === "unknown" ? "unknown" : "error", ...(typeof code === "string" && { code }) };
}
