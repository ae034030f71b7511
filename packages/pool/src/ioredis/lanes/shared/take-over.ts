import type { Redis } from "ioredis";

export interface Listeners {
  readonly data: (chunk: Buffer) => void;
  readonly close: () => void;
}

/** ioredis has made the connection. From here on the replies are read here, and its parser and its queue stay empty. */
export function takeOver({ stream }: Redis, { data, close }: Listeners): void {
  const parsers = stream.listeners("data");
  stream.on("data", data);
  for (const parser of parsers) stream.off("data", parser as () => void);
  stream.once("close", close);
}
