import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { PickEvent } from "@fleet/router";

import type { CommandEvent, RoleEvent } from "../src/index.ts";

type Heard<T> = Disposable & { readonly messages: readonly T[] };

/** Listens to `fleet:client:command` until disposed. */
export function heard(): Heard<CommandEvent> {
  return heardOn("fleet:client:command");
}

/** Listens to `fleet:client:role` until disposed. */
export function heardRoles(): Heard<RoleEvent> {
  return heardOn("fleet:client:role");
}

/** Listens to `fleet:router:pick` until disposed. */
export function heardPicks(): Heard<PickEvent> {
  return heardOn("fleet:router:pick");
}

function heardOn<T>(channel: string): Heard<T> {
  const messages: T[] = [];
  const listen = (message: unknown): void => void messages.push(message as T);
  subscribe(channel, listen);
  return { messages, [Symbol.dispose]: () => void unsubscribe(channel, listen) };
}
