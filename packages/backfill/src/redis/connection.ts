/** One node of a `Cluster` of ioredis: its socket, which keeps no idle process alive. */
export type ClusterNode = Pick<Connection, "stream" | "on">;

/** What the engine needs of a connection; ioredis' `Redis` and `Cluster` have it. */
export interface Connection {
  readonly status: string;
  /** The socket, where there is one: destroyed when a command was not answered in time. */
  readonly stream?: { destroy(): unknown; unref?(): unknown };
  /** The connections of a cluster. */
  nodes?(): readonly ClusterNode[];
  /** Its own ways of reconnecting, which are turned off. */
  readonly options?: { retryStrategy?: unknown; clusterRetryStrategy?: unknown };
  call(command: string, args: (string | number)[]): Promise<unknown>;
  callBuffer(command: string, args: (string | number)[]): Promise<unknown>;
  connect(): Promise<unknown>;
  disconnect(): void;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
}

/**
 * Makes a connection: at the start, and again whenever one did not answer in time and was destroyed. The engine closes
 * each of them. Two per worker (commands, and waits that block), one per `Backfill`.
 */
export type Connect = () => Connection | Promise<Connection>;
