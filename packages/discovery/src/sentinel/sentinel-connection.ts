/**
 * What is needed of a connection to a sentinel: one that is not open yet, never opens again by itself, and can be asked while it
 * is subscribed (RESP3). An ioredis 6 `Redis` made with `{ lazyConnect: true, retryStrategy: null, enableOfflineQueue: false }`
 * is one.
 */
export interface SentinelConnection {
  connect(): Promise<unknown>;
  call(command: string, ...args: string[]): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  on(event: "message" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Ends it now; what waits for an answer is rejected. */
  disconnect(): void;
}
