import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { CommandMessage, RoleMessage } from "../src/index.ts";

type Heard<T> = Disposable & { readonly messages: readonly T[] };

/** Listens to `fleet:client:command` until disposed. */
export function heard(): Heard<CommandMessage> {
  return heardOn("fleet:client:command");
}

/** Listens to `fleet:client:role` until disposed. */
export function heardRoles(): Heard<RoleMessage> {
  return heardOn("fleet:client:role");
}

function heardOn<T>(channel: string): Heard<T> {
  const messages: T[] = [];
  const listen = (message: unknown): void => void messages.push(message as T);
  subscribe(channel, listen);
  return { messages, [Symbol.dispose]: () => void unsubscribe(channel, listen) };
}
