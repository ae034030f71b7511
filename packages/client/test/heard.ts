import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { CommandMessage } from "../src/index.ts";

/** Listens to `fleet:client:command` until disposed. */
export function heard(): Disposable & { readonly messages: readonly CommandMessage[] } {
  const messages: CommandMessage[] = [];
  const listen = (message: unknown): void => void messages.push(message as CommandMessage);
  subscribe("fleet:client:command", listen);
  return { messages, [Symbol.dispose]: () => void unsubscribe("fleet:client:command", listen) };
}
